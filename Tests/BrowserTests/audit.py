"""Looks at reports in a browser: one line of JSON per page, for the tests to judge.

usage: audit.py JOBS.json, a list of {"page": path, "axe": bool, "interact": bool}
"""
import csv, json, os, sys
from playwright.sync_api import sync_playwright

csv.field_size_limit(1 << 30)
CHROMIUM = "/usr/bin/chromium"

FACTS = """() => {
  const inked = (canvas) => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const colors = new Set();
    let count = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at]) {
      count++;
      if (colors.size < 50) colors.add(data[at - 3] << 16 | data[at - 2] << 8 | data[at - 1]);
    }
    return { count, colors: colors.size };
  };
  const points = (data) => Math.max(0, ...data.series.map((series) => (series.points || series.values || series.boxes).length));
  return {
    title: document.title,
    canvases: [...document.querySelectorAll("canvas")].map((canvas) => ({ label: canvas.getAttribute("aria-label"), ...inked(canvas) })),
    points: [...document.querySelectorAll("figure script[type='application/json']")].map((block) => points(JSON.parse(block.textContent))),
    tables: [...document.querySelectorAll(".block")].map((block) => ({
      rows: block.querySelectorAll("tbody tr").length, columns: block.querySelectorAll("thead th").length,
      link: block.querySelector("a.csv") ? block.querySelector("a.csv").getAttribute("href") : null, id: block.id,
    })),
    overflow: document.scrollingElement.scrollWidth - innerWidth,
    styled: document.querySelectorAll("[onclick],[onerror],[onload],[onmouseover]").length,
    scripts: [...document.scripts].filter((script) => script.type !== "application/json").map((script) => script.src || script.textContent.length),
    foreign: document.querySelectorAll("main img,main iframe,main object,main embed,main style,main link,main form,main base,main video").length,
    text: document.querySelector("main").innerText,
  };
}"""

INTERACT = """() => {
  const columnOf = (table, index) => [...table.tBodies[0].rows].map((row) => row.cells[index].textContent.trim());
  const figureOf = (table) =>
    [...table.tHead.rows[0].cells].findIndex((_, index) => columnOf(table, index).every((text) => /^-?\\$?[\\d,.]+%?$/.test(text)));
  const table = [...document.querySelectorAll(".block table")].find((table) => table.tBodies[0].rows.length > 3 && figureOf(table) >= 0);
  if (!table) return null;
  const column = (index) => columnOf(table, index);
  const heads = [...table.tHead.rows[0].cells];
  const figure = figureOf(table);
  const before = { sort: heads.map((head) => head.getAttribute("aria-sort")), values: column(figure) };
  heads[figure].querySelector("button").click();
  const falling = { sort: heads[figure].getAttribute("aria-sort"), values: column(figure) };
  heads[figure].querySelector("button").click();
  const rising = { sort: heads[figure].getAttribute("aria-sort"), values: column(figure) };
  const first = heads[0].querySelector("button");
  first.focus();
  return { before, falling, rising, focused: document.activeElement === first };
}"""


def rows_of_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def audit(context, job, axe):
    page = context.new_page()
    facts = {"page": job["page"], "messages": [], "requests": [], "failed": []}
    page.on("console", lambda message: facts["messages"].append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: facts["messages"].append(f"error: {error}"))
    page.on("request", lambda request: facts["requests"].append(request.url))
    page.on("requestfailed", lambda request: facts["failed"].append(request.url))
    page.add_init_script(
        "window.violations = []; addEventListener('securitypolicyviolation', (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));"
    )
    url = "file://" + os.path.abspath(job["page"])
    page.goto(url, wait_until="load")
    facts["bytes"] = os.path.getsize(job["page"])
    facts.update(page.evaluate(FACTS))
    facts["requests"] = [address for address in facts["requests"] if not address.startswith(("file://", "data:"))]
    folder = os.path.dirname(os.path.abspath(job["page"]))
    for table in facts["tables"]:
        link = table["link"]
        table["csv_rows"] = rows_of_csv(os.path.join(folder, link)) if link and link.startswith("tables/") else None
    if job.get("axe"):
        facts["axe"] = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.evaluate(axe)
            found = page.evaluate("axe.run({ resultTypes: ['violations'], preload: false })")
            facts["axe"] += [
                f"{scheme}: {violation['id']}: {node['target']} {node['failureSummary'][:300]}"
                for violation in found["violations"] for node in violation["nodes"][:3]
            ]
        page.emulate_media(color_scheme="light")
    if job.get("interact"):
        facts["sorting"] = page.evaluate(INTERACT)
        if facts["sorting"]:
            page.keyboard.press("Enter")
            facts["sorting"]["keyboard"] = page.evaluate(
                "[...document.querySelectorAll('th[aria-sort]')].map((head) => head.getAttribute('aria-sort'))")
        link = page.query_selector("a.csv")
        if link:
            asked = link.evaluate("(link) => link.href")
            with page.expect_download() as download:
                link.click()
            # The file that was asked for: a navigation that ends in a download counts as failed.
            for name in ("requests", "failed"):
                facts[name] = [address for address in facts[name] if address != asked]
            facts["download"] = {
                "name": download.value.suggested_filename, "rows": rows_of_csv(download.value.path()),
                "table": page.evaluate("document.querySelector('a.csv').closest('.block').querySelectorAll('tbody tr').length"),
            }
    facts["violations"] = page.evaluate("window.violations")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(150)
    facts["overflow"] = max(facts["overflow"], page.evaluate("document.scrollingElement.scrollWidth - innerWidth"))
    page.close()
    return facts


def without_script(browser, job):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto("file://" + os.path.abspath(job["page"]))
    rows = page.locator(".block tbody tr")
    facts = {"page": job["page"], "rows": rows.count(), "hidden": 0, "canvas": page.locator("canvas:visible").count()}
    facts["hidden"] = facts["rows"] - page.locator(".block tbody tr:visible").count()
    context.close()
    return facts


def main():
    import axe_playwright_python
    axe = open(os.path.join(os.path.dirname(axe_playwright_python.__file__), "axe.min.js"), encoding="utf-8").read()
    jobs = json.load(open(sys.argv[1], encoding="utf-8"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800}, accept_downloads=True)
        for job in jobs:
            print(json.dumps(without_script(browser, job) if job.get("plain") else audit(context, job, axe)), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
