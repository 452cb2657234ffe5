"""Uses the viewer's page as a person would, and as a page of somebody else's: one JSON object with what was seen.

usage: viewer.py URL PID; the process is interrupted at the end, to see what the page says then
"""
import http.server, json, os, signal, sys, threading, time, urllib.request
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 120_000

STATES = """() => {
  window.seen = {};
  const look = () => {
    for (const row of document.querySelectorAll("#reports tr")) {
      const states = window.seen[row.dataset.key] ||= [];
      const now = row.children[1].textContent;
      if (states[states.length - 1] !== now) states.push(now);
    }
  };
  look();
  new MutationObserver(look).observe(document.getElementById("reports"), { subtree: true, childList: true, characterData: true });
}"""

PROGRESS = """() => {
  window.progress = [];
  const bar = document.getElementById("progress");
  new MutationObserver(() => window.progress.push([bar.value, document.getElementById("progress-text").textContent]))
    .observe(bar, { attributes: true });
}"""

FOREIGN = """async (base) => {
  const attempt = async (work) => { try { return String(await work()); } catch (error) { return "refused: " + error.name; } };
  const fields = { "X-Requested-With": "finops-lab" };
  const loads = (element, source) => new Promise((resolve) => {
    const node = document.createElement(element);
    node.onload = () => resolve("loaded");
    node.onerror = () => resolve("refused");
    node.src = source;
    document.body.append(node);
  });
  const framed = await new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.onload = () => { try { resolve(frame.contentDocument ? "empty" : "closed"); } catch { resolve("closed"); } };
    frame.src = base;
    document.body.append(frame);
  });
  return {
    read: await attempt(async () => (await fetch(base + "api/status")).text()),
    readBlind: await attempt(async () => (await (await fetch(base + "api/status", { mode: "no-cors" })).text()).length),
    work: await attempt(async () => (await fetch(base + "api/run-all", { method: "POST", headers: fields })).status),
    workBlind: await attempt(async () => (await fetch(base + "api/run-all", { method: "POST", mode: "no-cors" })).type),
    script: await loads("script", base + "api/status"),
    image: await loads("img", base + "assets/viewer.css"),
    framed,
    events: await new Promise((resolve) => {
      const events = new EventSource(base + "api/events");
      events.onopen = () => resolve("opened");
      events.onerror = () => resolve("refused");
    }),
  };
}"""


class ForeignPage(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = b"<!doctype html><title>another page</title><body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def status(url):
    with urllib.request.urlopen(url + "api/status") as answer:
        return json.load(answer)


def wait_text(page, selector, text):
    page.wait_for_function(
        "([selector, text]) => document.querySelector(selector).textContent.includes(text)", arg=[selector, text], timeout=PATIENCE)


def all_complete(page):
    page.wait_for_function(
        """() => { const rows = [...document.querySelectorAll("#reports tr")];
        return rows.length > 0 && rows.every((row) => row.children[1].textContent === "complete"); }""", timeout=PATIENCE)


def choose(page, name, calls):
    page.select_option("#file", name)
    wait_text(page, "#calls", calls)
    return {"calls": page.text_content("#calls"), "cost": page.text_content("#cost"), "period": page.text_content("#period")}


def main(url, pid):
    seen = {"console": [], "foreign_requests": [], "failures": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1200, "height": 900})
        page = context.new_page()
        page.on("console", lambda message: seen["console"].append(f"{message.text} {message.location.get('url')}") if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: seen["failures"].append(str(error)))
        page.on("request", lambda request: seen["foreign_requests"].append(request.url)
                if not request.url.startswith((url, "data:")) else None)
        page.goto(url)
        wait_text(page, "#connection", "live")

        seen["totals"] = [choose(page, "a.csv", "30"), choose(page, "b.csv", "60"), choose(page, "a.csv", "30")]

        page.evaluate(PROGRESS)
        page.select_option("#scenario", "tiny")
        page.click("#simulate")
        wait_text(page, "#progress-text", "complete")
        seen["progress"] = page.evaluate("window.progress")
        all_complete(page)
        seen["simulated"] = {"file": page.input_value("#file"), "rows": page.text_content("#rows"), "thresholds": page.locator("#thresholds tr").count()}

        page.evaluate(STATES)
        page.focus("#run-all")
        page.keyboard.press("Enter")
        page.wait_for_function("() => Object.values(window.seen).every((states) => states.length > 1)", timeout=PATIENCE)
        all_complete(page)
        seen["states"] = page.evaluate("window.seen")
        seen["focus"] = page.evaluate("document.activeElement.id")

        # A report becomes available when no analysis is under way any more.
        page.wait_for_selector("#reports tr:first-child a", timeout=PATIENCE)
        title = page.text_content("#reports tr:first-child a")
        with page.expect_navigation() as opened:
            page.click("#reports tr:first-child a")
        seen["report"] = {"title": title, "status": opened.value.status, "heading": page.text_content("h1")}
        page.goto(url)
        wait_text(page, "#connection", "live")

        seen["tabs"] = []
        page.evaluate("document.activeElement.blur()")
        for _ in range(12):
            page.keyboard.press("Tab")
            seen["tabs"].append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        colors = {}
        violations = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            colors[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
            results = Axe().run(page)
            violations += [f"{scheme}: {rule['id']}" for rule in results.response["violations"]]
        seen["colors"] = colors
        seen["violations"] = violations
        page.set_viewport_size({"width": 390, "height": 800})
        seen["overflow"] = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        # How far the last button of a report stands beyond the window.
        seen["beyond"] = page.eval_on_selector_all(
            "#reports button", "all => Math.ceil(Math.max(...all.map(one => one.getBoundingClientRect().right - innerWidth)))")
        page.set_viewport_size({"width": 1200, "height": 900})
        quiet = len(seen["console"])

        # A page that gets no events asks every 15 s.
        deaf = context.new_page()
        deaf.route("**/api/events", lambda route: route.abort())
        deaf.goto(url)
        wait_text(deaf, "#connection", "every 15 s")
        seen["polled"] = deaf.text_content("#file option:checked")
        deaf.close()

        # Another page on this machine, and what it can do.
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ForeignPage)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        jobs = [job["id"] for job in status(url)["jobs"]]
        stranger = context.new_page()
        stranger.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        seen["stranger"] = stranger.evaluate(FOREIGN, url)
        stranger.set_content(f"<form method=post action='{url}api/run-all'><button>go</button></form>")
        with stranger.expect_navigation() as posted:
            stranger.click("button")
        seen["stranger"]["form"] = posted.value.status
        seen["stranger"]["jobs_started"] = len([job for job in status(url)["jobs"] if job["id"] not in jobs])
        stranger.close()
        server.shutdown()

        os.kill(pid, signal.SIGINT)
        page.wait_for_function("() => document.getElementById('banner').textContent.includes('has ended')", timeout=PATIENCE)
        seen["banner"] = {"text": page.text_content("#banner"), "shown": page.is_visible("#banner"), "connection": page.text_content("#connection")}
        # What the browser says about a server that has ended is no fault of the page.
        seen["console"] = seen["console"][:quiet]
        browser.close()
    print(json.dumps(seen))


main(sys.argv[1], int(sys.argv[2]))
