"""The pages as `kaa serve` gives them: Plotly and our own scripts work under the policy that keeps everything else out."""

import shutil
import threading
from pathlib import Path

from dashboards.pages import serve
from dashboards.pages.reports import write_lists
from tests.dashboards.browser.looking import Looker
from tests.dashboards.built_site import Site
from tests.dashboards.test_traces import trace


def test_the_pages_work_under_the_servers_policy(looker: Looker, stockholm: Site, tmp_path: Path) -> None:
    shutil.copy(stockholm.published, tmp_path / "published.duckdb")
    shutil.copytree(stockholm.out, tmp_path / "report" / "verksamhetsar-2023")
    shutil.copytree(stockholm.out, tmp_path / "report" / "verksamhetsar-2022")
    write_lists(tmp_path / "published.duckdb", tmp_path / "report")
    shown = serve.Shown(tmp_path / "published.duckdb", tmp_path / "report")
    with serve.ReportServer(lambda: shown, trace=trace) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        looker.open(server.url)
        assert looker.misplaced() + looker.violations() == []
        for width in (360, 768):
            looker.resize(width)
            assert looker.misplaced() == []
        looker.resize(1440)
        looker.page.get_by_role("link", name="Årsrapport 2023", exact=True).click()
        # To the same page of another year and back to where all reports are.
        looker.open(f"{server.url}verksamhetsar-2023/kapitel-stod.html")
        looker.page.get_by_role("link", name="Årsrapport 2022", exact=True).click()
        looker.page.wait_for_url("**/verksamhetsar-2022/kapitel-stod.html")
        looker.page.get_by_role("link", name="Alla rapporter").click()
        looker.page.wait_for_url(server.url)
        looker.open(f"{server.url}verksamhetsar-2023/spar-sammanfattning-text.html?reached")
        assert "1 200 rader" in looker.page.locator("main").inner_text().replace("\u00a0", " ")
        for width in (360, 768, 1440):
            looker.resize(width)
            assert looker.misplaced() == []
        assert looker.violations() == []
        for file in ("kapitel-uppsokande.html", "trender.html"):
            looker.open(f"{server.url}verksamhetsar-2023/{file}")
            assert looker.page.locator(".drawing.drawn .main-svg").count() > 0
            assert looker.page.evaluate("looking.drawnAndTabled()")["faults"] == []
            assert looker.misplaced() == []
        with looker.page.expect_download() as download:
            looker.page.locator("#vy-csv").click()
        assert "2023" in Path(download.value.path()).read_text(encoding="utf-8-sig")
        with looker.page.expect_download() as download:
            looker.page.locator("#vy .tools button:has-text('PNG')").click()
        assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
        assert looker.complaints == []
        # The policy is in force: what a page does not bring itself does not run.
        assert (
            looker.page.evaluate(
                "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.head.append(s);"
                " return window.ran }"
            )
            is None
        )
        server.shutdown()
        thread.join()
