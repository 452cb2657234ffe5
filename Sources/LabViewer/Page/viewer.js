// The live page: shows what the server says and asks it for work. All text goes in as text, never as markup.
"use strict";

const POLL_SECONDS = 15;
const LOG_LINES = 200;
const byId = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat("en-US");
const decimals = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

let lastStatus = null;
let lastLogNumber = 0;
let pollTimer = null;
const announced = new Map();
// Analyzers that were asked for a moment ago, until the status knows of it.
const asked = new Set();

// Text

const megabytes = (value) => (value < 1 ? `${numbers.format(Math.round(value * 1000))} kB` : `${decimals.format(value)} MB`);
const moment = (iso) => (iso ? iso.slice(0, 19).replace("T", " ") : "–");
function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.round(seconds % 60)).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

// Elements

function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Keeps the children of a parent in step with items: what stays keeps its place, and with it the focus of the keyboard.
function sync(parent, items, key, create, update) {
  const old = new Map(Array.from(parent.children, (child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let node = old.get(name);
    if (!node) {
      node = create(item);
      node.dataset.key = name;
    }
    old.delete(name);
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

function announce(text) { setText(byId("announce"), text); }

// Asking for work

async function ask(address, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  try {
    const answer = await fetch(address + (query ? `?${query}` : ""), {
      method: "POST", headers: { "X-Requested-With": "finops-lab" },
    });
    if (!answer.ok) {
      const body = await answer.json().catch(() => ({}));
      announce(body.error || `the viewer answered ${answer.status}`);
      showLine({ number: 0, time: new Date().toISOString(), level: "warning", text: body.error || `the viewer answered ${answer.status}` });
    }
    return answer.ok;
  } catch {
    showEnd();
    return false;
  }
}

// Asks for analyses and shows at once that they were asked for.
async function analyse(ids, address, parameters) {
  for (const id of ids) asked.add(id);
  show(lastStatus);
  const isAccepted = await ask(address, parameters);
  setTimeout(() => {
    for (const id of ids) asked.delete(id);
    show(lastStatus);
  }, isAccepted ? 400 : 0);
}

// A button that can't be used keeps the focus of the keyboard, unlike one that is disabled.
function setUsable(button, isUsable) {
  button.setAttribute("aria-disabled", isUsable ? "false" : "true");
}

function onClick(button, work) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true" && lastStatus) work();
  });
}

onClick(byId("run-all"), () => {
  const ids = lastStatus.analyzers.map((analyzer) => analyzer.id).filter((id) => !stateOf({ id }, lastStatus).busy);
  analyse(ids, "/api/run-all");
});
byId("file").addEventListener("change", (event) => ask("/api/load", { file: event.target.value }));
byId("generate").addEventListener("submit", (event) => {
  event.preventDefault();
  ask("/api/simulate", { scenario: byId("scenario").value });
});
byId("scenario").addEventListener("change", showScenario);

function showScenario() {
  const name = byId("scenario").value;
  const scenario = (lastStatus?.scenarios || []).find((entry) => entry.name === name);
  setText(byId("scenario-text"), scenario ? scenario.description : "");
}

// Showing the status

function show(status) {
  lastStatus = status;
  showData(status);
  showScenarios(status);
  showReports(status);
  showThresholds(status);
  showJobs(status);
  showRuns(status);
  for (const line of status.log) showLine(line);
  setText(byId("version"), `finops-lab ${status.version}`);
  setText(byId("stamp"), `· as of ${moment(status.timestamp)} UTC`);
  if (status.ending) showBanner("The viewer is ending; running analyses may finish.");
  else byId("banner").hidden = true;
}

function showData({ csv, files, data }) {
  const select = byId("file");
  // A list that a person has open stays as it is.
  if (document.activeElement !== select || select.options.length !== files.length) {
    sync(select, files, (file) => file.name,
      (file) => element("option", { value: file.name }),
      (node, file) => setText(node, `${file.name} (${megabytes(file.size_mb)}${file.growing ? ", growing" : ""})`));
    const chosen = files.find((file) => file.chosen);
    if (chosen) select.value = chosen.name;
    else if (csv.file && !files.length) sync(select, [csv], () => csv.file, () => element("option", { value: csv.file }), (node) => setText(node, csv.file));
  }
  select.disabled = files.length === 0;
  const bar = byId("progress");
  if (csv.progress_pct === null) {
    if (csv.growing) bar.removeAttribute("value");
    else bar.value = 0;
  } else bar.value = csv.progress_pct;
  setText(byId("progress-text"), progressText(csv));
  setText(byId("rows"), csv.file ? numbers.format(Math.max(0, csv.line_count - 1)) : "–");
  setText(byId("size"), csv.file ? megabytes(csv.size_mb) + (csv.target_mb === null ? "" : ` of ${megabytes(csv.target_mb)}`) : "–");
  setText(byId("rate"), csv.rows_per_second === null ? "–" : `${numbers.format(csv.rows_per_second)} rows/s`);
  setText(byId("left"), csv.seconds_left === null ? "–" : duration(csv.seconds_left));
  const own = data && data.file === csv.file ? data : null;
  setText(byId("calls"), own ? numbers.format(own.calls) : "not read yet");
  setText(byId("cost"), own ? own.cost : "–");
  setText(byId("period"), own && own.first ? `${moment(own.first)} to ${moment(own.last)} UTC` : "–");
}

function progressText(csv) {
  if (!csv.file) return "There is no data file yet: generate one, or put a usage CSV into the data folder.";
  if (csv.complete) return "complete";
  if (csv.line_count === 0 && !csv.growing) return "nothing is written yet";
  if (csv.growing) return csv.progress_pct === null ? "growing; its target is not known" : `growing: ${decimals.format(csv.progress_pct)} %`;
  return "There is no record beside the file that says whether it is whole.";
}

function showScenarios({ scenarios }) {
  const select = byId("scenario");
  if (document.activeElement === select) return;
  sync(select, scenarios, (entry) => entry.name,
    (entry) => element("option", { value: entry.name }, entry.name), () => {});
  byId("simulate").disabled = scenarios.length === 0;
  showScenario();
}

function stateOf(analyzer, status) {
  if (asked.has(analyzer.id)) return { word: "queued", name: "running", busy: true };
  const job = status.jobs.find((entry) => entry.kind === "analyze" && entry.subject === analyzer.id && entry.status === "queued");
  if (job) return { word: "queued", name: "running", busy: true };
  const state = status.analyzer_status[analyzer.id];
  if (state) return { word: state.status, name: state.status, busy: state.status === "running", error: state.error };
  return { word: status.reports[analyzer.file]?.exists ? "from before" : "not yet", name: "quiet", busy: false };
}

function showReports(status) {
  sync(byId("reports"), status.analyzers, (analyzer) => analyzer.id,
    (analyzer) => {
      const run = element("button", { type: "button" }, "Run");
      run.setAttribute("aria-label", `Run ${analyzer.title}`);
      onClick(run, () => analyse([analyzer.id], "/api/run-analyzer", { id: analyzer.id }));
      const name = element("th", { scope: "row" }, element("span", {}, analyzer.title), element("small", {}, analyzer.question));
      return element("tr", {}, name, element("td"), element("td", { className: "number" }), element("td"), element("td", {}, run));
    },
    (row, analyzer) => {
      const report = status.reports[analyzer.file];
      const state = stateOf(analyzer, status);
      const [name, stateCell, size, made, action] = row.children;
      const isLink = name.firstElementChild.tagName === "A";
      if (report.exists !== isLink) {
        name.firstElementChild.replaceWith(report.exists
          ? element("a", { href: `/${analyzer.file}` }, analyzer.title) : element("span", {}, analyzer.title));
      }
      const text = state.error && state.name !== "running" ? `${state.word}: ${state.error}` : state.word;
      setText(stateCell, text);
      stateCell.className = state.name;
      setText(size, report.exists ? `${decimals.format(report.size_kb)} kB` : "–");
      setText(made, report.exists ? moment(report.generated_at) : "–");
      setUsable(action.firstElementChild, !state.busy && !status.ending && status.csv.file);
      if (announced.has(analyzer.id) && announced.get(analyzer.id) !== state.word && !state.busy) {
        announce(`${analyzer.title}: ${state.word}`);
      }
      announced.set(analyzer.id, state.word);
    });
  byId("overview").hidden = !status.reports["index.html"]?.exists;
  const isBusy = status.analyzers.every((analyzer) => stateOf(analyzer, status).busy);
  setUsable(byId("run-all"), !isBusy && !status.ending && status.csv.file);
}

function showThresholds({ thresholds }) {
  byId("threshold-table").hidden = thresholds.length === 0;
  byId("no-thresholds").hidden = thresholds.length > 0;
  sync(byId("thresholds"), thresholds, (entry) => entry.id,
    () => element("tr", {}, element("th", { scope: "row" }), element("td"), element("td", { className: "number" }), element("td", { className: "number" }), element("td")),
    (row, entry) => {
      const [id, metric, value, must, verdict] = row.children;
      setText(id, entry.id);
      setText(metric, entry.metric);
      setText(value, entry.value ?? "unknown");
      setText(must, entry.must);
      setText(verdict, entry.verdict);
      verdict.className = entry.passed ? "passed" : entry.verdict === "warning" ? "warning" : "failed";
    });
}

function showJobs({ jobs }) {
  const shown = jobs.slice().reverse();
  byId("no-jobs").hidden = shown.length > 0;
  sync(byId("jobs"), shown, (job) => job.id,
    (job) => {
      const cancel = element("button", { type: "button" }, "Cancel");
      cancel.setAttribute("aria-label", `Cancel ${job.kind} ${job.subject}`);
      cancel.addEventListener("click", () => ask("/api/cancel", { id: job.id }));
      return element("li", {}, element("span", { className: "grow" }, `${job.kind} ${job.subject}`), element("span"), element("span"), cancel);
    },
    (row, job) => {
      const [, state, detail, cancel] = row.children;
      setText(state, job.status);
      state.className = job.status;
      const far = job.progress_pct === null ? "" : `${decimals.format(job.progress_pct)} %${job.rows ? `, ${numbers.format(job.rows)} rows` : ""}`;
      setText(detail, job.error ?? (job.status === "running" ? far : job.completed_at ? moment(job.completed_at) : ""));
      cancel.hidden = job.status !== "running" && job.status !== "queued";
    });
}

function showRuns({ runs }) {
  byId("runs-section").hidden = runs.length === 0;
  sync(byId("runs"), runs, (run) => String(run.number),
    () => element("li", {}, element("span", { className: "grow" }), element("span"), element("span")),
    (row, run) => {
      setText(row.children[0], `run ${run.number}: ${run.scenario}, ${numbers.format(run.rows)} rows${run.partial ? ", stopped before its end" : ""}`);
      setText(row.children[1], run.thresholds ? `${run.thresholds_failed} of ${run.thresholds} thresholds failed` : "");
      row.children[1].className = run.thresholds_failed ? "failed" : "quiet";
      setText(row.children[2], moment(run.started_at));
    });
}

function showLine(line) {
  if (line.number && line.number <= lastLogNumber) return;
  if (line.number) lastLogNumber = line.number;
  const log = byId("log");
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(element("li", {}, element("time", { dateTime: line.time }, line.time.slice(11, 19)), element("span", { className: line.level }, line.text)));
  while (log.children.length > LOG_LINES) log.firstElementChild.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

// The connection

function setConnection(name, text) {
  byId("connection").className = `connection ${name}`;
  setText(byId("connection"), text);
}

function showBanner(text) {
  setText(byId("banner"), text);
  byId("banner").hidden = false;
}

function showEnd() {
  setConnection("ended", "ended");
  const seen = lastStatus ? ` What is shown is as of ${moment(lastStatus.timestamp)} UTC.` : "";
  showBanner(`The viewer has ended.${seen} Start it again with “finops-lab view”; this page then goes on by itself.`);
}

async function poll() {
  try {
    const answer = await fetch("/api/status");
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    if (pollTimer) setConnection("", `every ${POLL_SECONDS} s`);
  } catch {
    showEnd();
  }
}

function startPolling() {
  if (pollTimer) return;
  pollTimer = setInterval(poll, POLL_SECONDS * 1000);
  poll();
}

function stopPolling() {
  clearInterval(pollTimer);
  pollTimer = null;
}

function listen() {
  if (!("EventSource" in window)) return startPolling();
  const events = new EventSource("/api/events");
  events.addEventListener("open", () => {
    stopPolling();
    setConnection("live", "live");
  });
  events.addEventListener("status", (event) => show(JSON.parse(event.data)));
  events.addEventListener("log", (event) => showLine(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    startPolling();
    // A stream that was refused is tried again with the next poll; one that broke, by the browser itself.
    if (events.readyState === EventSource.CLOSED) {
      events.close();
      setTimeout(listen, POLL_SECONDS * 1000);
    }
  });
}

listen();
