// What the API has, drawn. Texts of others are only ever set as text.
"use strict";

const key = "plumbline-token";
const secret = () => sessionStorage.getItem(key);
const find = (id) => document.getElementById(id);

async function ask(path, accept = "application/json") {
  const headers = { Accept: accept };
  if (secret()) headers.Authorization = `Bearer ${secret()}`;
  const answer = await fetch(path, { headers });
  if (answer.status === 401 || answer.status === 403) throw new Error("token");
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return accept === "text/html" ? answer.blob() : answer.json();
}

function make(tag, text, properties = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  return Object.assign(element, properties);
}

// A report needs the token too, which an address cannot carry.
async function open(path) {
  const page = window.open("", "_blank");
  try {
    page.location = URL.createObjectURL(await ask(path, "text/html"));
  } catch (error) {
    page.document.body.textContent = error.message;
  }
}

function cells(row, ...contents) {
  for (const content of contents) {
    const cell = row.insertCell();
    cell.append(...[content].flat());
  }
}

const time = (text) => (text ? text.slice(0, 16).replace("T", " ") : "");

// Why a model got worse: the diagnosis of its last week.
const why = (model) => make("button", "Why?", {
  className: "link", title: `Why ${model} is as it is`, onclick: () => open(`/v1/models/${encodeURIComponent(model)}/diagnosis`),
});

async function drawModel(body, model) {
  const { runs } = await ask(`/v1/models/${encodeURIComponent(model.name)}/runs?limit=200`);
  const checks = new Map((model.checks ?? []).map((name) => [name, []]));
  for (const run of runs) {
    if (!checks.has(run.check)) checks.set(run.check, []);
    checks.get(run.check).push(run);
  }
  const title = [make("strong", model.name), make("small", ` ${model.version ?? ""}`)];
  if (checks.size === 0) {
    const columns = Object.keys(model.columns.predictions ?? {}).length;
    cells(body.insertRow(), title, make("small", columns ? `${columns} columns, no checks` : "no events"), "", "", "", "");
  }
  for (const [name, all] of checks) {
    const newest = all[0];
    if (!newest) {
      cells(body.insertRow(), title.map((part) => part.cloneNode(true)), name, make("span", "not made yet", { className: "status unknown" }), "", "", "");
      continue;
    }
    const finding = newest.kind === "failure"
      ? make("span", newest.headline)
      : make("button", newest.headline, { className: "link", onclick: () => open(`/v1/runs/${newest.id}`) });
    const before = all.slice(1, 15).reverse().map((run) => make("button", undefined, {
      className: `dot ${run.status}`, title: `${time(run.due_at)}: ${run.status}`, ariaLabel: `${time(run.due_at)}: ${run.status}`,
      onclick: () => open(`/v1/runs/${run.id}`),
    }));
    const isBad = ["degraded", "critical"].includes(newest.status);
    cells(body.insertRow(), title.map((part) => part.cloneNode(true)), name ?? "", make("span", newest.status, { className: `status ${newest.status}` }),
      isBad ? [finding, " ", why(model.name)] : finding, time(newest.due_at ?? newest.created_at), before);
  }
}

function drawExperiment(body, experiment) {
  const path = `/v1/experiments/${encodeURIComponent(experiment.experiment_id)}`;
  cells(body.insertRow(),
    make("button", experiment.experiment_id, { className: "link", title: "Reading the analysis is a look", onclick: () => open(path) }),
    experiment.variants.map((variant) => `${variant.name} ${Math.round(variant.share * 1000) / 10} %`).join(", "),
    experiment.metrics.join(", "));
}

// Of what is firing and of what is about to; what is without data is told by its check.
function drawAlert(body, alert) {
  const quiet = alert.silenced_by.length ? "silenced" : alert.inhibited_by.length ? "kept quiet by a severer one" : "";
  const series = Object.entries(alert.labels)
    .filter(([name]) => !["alertname", "severity", "topic"].includes(name))
    .map(([name, value]) => `${name}=${value}`).join(", ");
  const title = alert.runbook_url?.match(/^https?:/)
    ? make("a", alert.rule, { href: alert.runbook_url, rel: "noreferrer" }) : make("strong", alert.rule);
  const model = alert.state === "firing" ? alert.labels.model_name : undefined;
  const isOpen = alert.state === "firing" && !alert.acknowledged_by;
  cells(body.insertRow(),
    [make("span", alert.state, { className: `status ${alert.state === "firing" ? alert.severity : "unknown"}` }), make("small", quiet && ` ${quiet}`),
      alert.overdue ? make("strong", " overdue", { title: `Nobody has taken it on within its response time, ${alert.response_time}.` }) : ""],
    alert.severity, [title, make("small", ` ${series}`)],
    [alert.description, ...(model ? [" ", why(model)] : []), make("small", alert.flapping ? " It starts and ends again and again." : "")],
    time(alert.starts_at ?? alert.active_since),
    alert.acknowledged_by ? make("small", `taken on by ${alert.acknowledged_by}`)
      : isOpen ? make("button", "Take on", { onclick: () => acknowledge(alert) }) : "");
}

async function acknowledge(alert) {
  const by = window.prompt("Who takes it on?");
  if (!by) return;
  const headers = { "Content-Type": "application/json" };
  if (secret()) headers.Authorization = `Bearer ${secret()}`;
  const answer = await fetch(`/v1/alerts/${encodeURIComponent(alert.fingerprint)}/ack`, { method: "POST", headers, body: JSON.stringify({ by }) });
  if (answer.ok) await draw();
  else find("state").textContent = answer.status === 403 ? "This token may not take alerts on: it needs the scope admin." : (await answer.json()).detail;
}

// Messages of the last day that are not tried again: whoever was to get them knows nothing.
function drawUndelivered(body, attempts) {
  const since = Date.now() - 86_400_000;
  for (const attempt of attempts.filter(({ at }) => Date.parse(at) > since)) {
    cells(body.insertRow(), time(attempt.at), attempt.channel, attempt.kind ?? "", attempt.detail);
  }
}

async function draw() {
  try {
    const [{ alerts }, { attempts }, { models }, { experiments }] = await Promise.all([
      ask("/v1/alerts?state=firing,pending"), ask("/v1/notifications?outcome=refused,given_up&limit=10"), ask("/v1/models"), ask("/v1/experiments"),
    ]);
    const fresh = { alerts: make("tbody"), undelivered: make("tbody"), models: make("tbody"), experiments: make("tbody") };
    for (const alert of alerts) drawAlert(fresh.alerts, alert);
    drawUndelivered(fresh.undelivered, attempts);
    for (const model of models) await drawModel(fresh.models, model);
    for (const experiment of experiments) drawExperiment(fresh.experiments, experiment);
    for (const [id, body] of Object.entries(fresh)) {
      find(id).querySelector("tbody").replaceWith(body);
      find(id).hidden = body.rows.length === 0;
    }
    find("token").hidden = true;
    find("state").textContent = models.length
      ? `As of ${time(new Date().toISOString().slice(0, 16))} UTC`
      : "No events yet: send predictions to /v1/models/MODEL/predictions.";
  } catch (error) {
    const needsToken = error.message === "token";
    find("token").hidden = !needsToken;
    find("state").textContent = needsToken ? (secret() ? "This token may not read." : "") : error.message;
  }
}

find("token").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(key, find("secret").value);
  draw();
});
draw();
setInterval(draw, 30000);
