"""What happens when something breaks: killed processes, full disks, deliveries that change, two at once."""
