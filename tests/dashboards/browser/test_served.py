"""The pages as `kaa serve` gives them: Plotly and our own scripts work under the policy that keeps everything else out."""

import shutil
import threading
from pathlib import Path

from dashboards.pages import serve
from tests.dashboards.browser.looking import Looker
from tests.dashboards.built_site import Site


def test_the_pages_work_under_the_servers_policy(looker: Looker, stockholm: Site, tmp_path: Path) -> None:
    shutil.copy(stockholm.published, tmp_path / "published.duckdb")
    shutil.copytree(stockholm.out, tmp_path / "report" / "verksamhetsar-2023")
    shutil.copytree(stockholm.out, tmp_path / "report" / "verksamhetsar-2022")
    shown = serve.Shown(tmp_path / "published.duckdb", tmp_path / "report")
    with serve.ReportServer(lambda: shown) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        looker.open(server.url)
        assert looker.misplaced() + looker.violations() == []
        looker.page.get_by_role("link", name="Verksamhetsåret 2023").click()
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
