"""What providers publish of their interfaces: fields, types and limits.

Each contract takes (path, query, headers, body) and gives (problems, (status, body) of success, body of a
refusal). Keys a provider does not document are problems: they are misspelt ones.
"""

import base64, hashlib, hmac, json, re
from datetime import datetime

from slack_sdk.models.blocks import Block

SECRET = b"webhook-secret"
GENIE_KEY = "GenieKey 0123abcd-genie"
ROUTING_KEY = "R0123456789abcdef0123456789abcde"


class Checker:
    def __init__(self):
        self.problems = []

    def need(self, condition, problem):
        if not condition:
            self.problems.append(problem)

    def fields(self, value, where, required, optional=()):
        """Checks an object's keys and the types of their values."""
        if not isinstance(value, dict):
            self.need(False, f"{where} is no object")
            return False
        known = {**required, **dict(optional)}
        for key in required:
            self.need(key in value, f"{where}.{key} is missing")
        for key, item in value.items():
            self.need(key in known, f"{where}.{key} is not documented")
            if key in known:
                self.need(isinstance(item, known[key]), f"{where}.{key} is a {type(item).__name__}")
        return not self.problems

    def length(self, text, limit, where, least=0):
        if isinstance(text, str):
            self.need(least <= len(text) <= limit, f"{where} has {len(text)} characters")

    def strings(self, value, where):
        self.need(
            all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()),
            f"{where} has values that are no text")

    def time(self, text, where):
        self.need(
            isinstance(text, str)
            and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text) is not None,
            f"{where} is no time: {text!r}")

    def web(self, text, where):
        self.need(re.fullmatch(r"https?://[!-~]+", str(text)) is not None, f"{where} is no address")

    def readable(self, value, where="body"):
        """Text for people has no controls and no marks that reorder it."""
        if isinstance(value, str):
            bad = re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", value)
            self.need(not bad, f"{where} has {bad[:3]!r}")
        elif isinstance(value, dict):
            for key, item in value.items():
                self.readable(key, f"{where} key")
                self.readable(item, f"{where}.{key[:40]}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.readable(item, f"{where}[{index}]")


def parsed(check, headers, body):
    check.need(headers.get("Content-Type") == "application/json", "Content-Type is not JSON")
    try:
        return json.loads(body.decode("utf-8"))
    except ValueError as error:
        check.need(False, f"body is no JSON: {error}")
        return None


def slack(path, query, headers, body):
    check = Checker()
    value = parsed(check, headers, body)
    if check.fields(value, "body", {"text": str}, {"blocks": list, "attachments": list}):
        check.readable(value)
        check.length(value.get("text"), 40000, "text", 1)
        check.need(len(value.get("attachments", [])) <= 100, "attachments")
        blocks = list(value.get("blocks", []))
        for attachment in value.get("attachments", []):
            check.fields(attachment, "attachment", {"blocks": list}, {"color": str, "fallback": str})
            check.need(re.fullmatch("#[0-9a-f]{6}", attachment.get("color", "")), "color")
            blocks += attachment.get("blocks", [])
        check.need(len(blocks) <= 50, f"{len(blocks)} blocks")
        for block in blocks:
            slack_block(check, block)
    return check.problems, (200, b"ok"), b"invalid_payload"


def slack_block(check, block):
    try:
        Block.parse(block).validate_json()
    except Exception as error:
        check.need(False, f"slack-sdk: {error}")
    texts = [block.get("text")] + list(block.get("fields") or []) + list(block.get("elements") or [])
    if block["type"] == "header":
        check.length(block["text"]["text"], 150, "header", 1)
        check.need(block["text"]["type"] == "plain_text", "header is not plain")
    if block["type"] == "section":
        check.length(block["text"]["text"], 3000, "section", 1)
        check.need(len(block.get("fields") or []) <= 10, "fields")
        for field in block.get("fields") or []:
            check.length(field["text"], 2000, "field", 1)
    for text in filter(None, texts):
        check.need(text["type"] in ("mrkdwn", "plain_text"), "type of text")
        # Left of what Slack reads as markup are only links of http.
        for markup in re.findall("<([^>]*)>?", text["text"]):
            check.need(re.match(r"https?://[^|]+\|", markup), f"markup <{markup[:40]}>")
        for entity in re.findall("&[^;]{0,5};?", text["text"]):
            check.need(entity in ("&amp;", "&lt;", "&gt;"), f"entity {entity}")


def pagerduty(path, query, headers, body):
    check = Checker()
    check.need(path == "/v2/enqueue", f"path {path}")
    check.need(len(body) <= 512 * 1024, f"body of {len(body)} bytes")
    value = parsed(check, headers, body)
    common = {"routing_key": str, "event_action": str}
    if value and value.get("event_action") == "trigger":
        check.fields(value, "event", {**common, "payload": dict}, {
            "dedup_key": str, "links": list, "images": list, "client": str, "client_url": str})
        payload = value.get("payload", {})
        check.fields(payload, "payload", {"summary": str, "source": str, "severity": str}, {
            "timestamp": str, "component": str, "group": str, "class": str,
            "custom_details": dict})
        check.need(payload.get("severity") in ("critical", "error", "warning", "info"), "severity")
        check.length(payload.get("summary"), 1024, "summary", 1)
        check.length(payload.get("source"), 255, "source", 1)
        if "timestamp" in payload:
            check.time(payload["timestamp"], "timestamp")
        for link in value.get("links", []):
            check.fields(link, "link", {"href": str}, {"text": str})
            check.web(link.get("href"), "href")
        check.readable(value)
    else:
        check.fields(value, "event", {**common, "dedup_key": str})
        check.need(
            (value or {}).get("event_action") in ("acknowledge", "resolve"), "event_action")
    value = value or {}
    check.need(value.get("routing_key") == ROUTING_KEY, "routing_key")
    key = value.get("dedup_key", "")
    check.length(key, 255, "dedup_key", 1)
    answer = {"status": "success", "message": "Event processed", "dedup_key": key}
    refusal = {"status": "invalid event", "message": "Event object is invalid", "errors": []}
    return check.problems, (202, json.dumps(answer).encode()), json.dumps(refusal).encode()


def webhook(path, query, headers, body):
    check = Checker()
    value = parsed(check, headers, body)
    # template.Data and webhook.Message of Alertmanager.
    if check.fields(value, "body", {
            "receiver": str, "status": str, "alerts": list, "groupLabels": dict,
            "commonLabels": dict, "commonAnnotations": dict, "externalURL": str, "version": str,
            "groupKey": str, "truncatedAlerts": int}):
        check.need(value["version"] == "4", "version")
        check.need(value["status"] in ("firing", "resolved"), "status")
        for labels in ("groupLabels", "commonLabels", "commonAnnotations"):
            check.strings(value[labels], labels)
        check.need(value["alerts"], "no alerts")
        for alert in value["alerts"]:
            check.fields(alert, "alert", {
                "status": str, "labels": dict, "annotations": dict, "startsAt": str, "endsAt": str,
                "generatorURL": str, "fingerprint": str})
            check.need(alert.get("status") in ("firing", "resolved"), "alert.status")
            check.strings(alert.get("labels", {}), "labels")
            check.strings(alert.get("annotations", {}), "annotations")
            check.time(alert.get("startsAt"), "startsAt")
            check.time(alert.get("endsAt"), "endsAt")
            is_open = alert.get("endsAt") == "0001-01-01T00:00:00Z"
            check.need(is_open == (alert.get("status") == "firing"), "endsAt")
    check.need(headers.get("Idempotency-Key"), "Idempotency-Key")
    signature = headers.get("X-Plumbline-Signature", "")
    match = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", signature)
    check.need(match, f"signature {signature!r}")
    if match:
        expected = hmac.new(SECRET, match[1].encode() + b"." + body, hashlib.sha256).hexdigest()
        check.need(hmac.compare_digest(expected, match[2]), "signature does not match")
    return check.problems, (200, b""), b"no"


def alertmanager(path, query, headers, body):
    check = Checker()
    check.need(path == "/api/v2/alerts", f"path {path}")
    login = "Basic " + base64.b64encode("am:pässword".encode()).decode()
    check.need(headers.get("Authorization") == login, "Authorization")
    value = parsed(check, headers, body)
    check.need(isinstance(value, list) and value, "no alerts")
    for alert in value or []:
        check.fields(alert, "alert", {"labels": dict}, {
            "annotations": dict, "startsAt": str, "endsAt": str, "generatorURL": str})
        for labels in (alert.get("labels", {}), alert.get("annotations", {})):
            check.strings(labels, "labels")
            for name, text in labels.items():
                check.need(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name), f"name {name[:40]!r}")
                check.need(text != "", "empty value")
        check.need(alert.get("labels", {}).get("alertname"), "alertname")
        for name in ("startsAt", "endsAt"):
            check.time(alert.get(name), name)
        start, end = (
            datetime.fromisoformat(alert[name].replace("Z", "+00:00"))
            for name in ("startsAt", "endsAt"))
        check.need(start <= end, "it ends before it starts")
        if "generatorURL" in alert:
            check.web(alert["generatorURL"], "generatorURL")
    return check.problems, (200, b""), b'"bad request"'


def opsgenie(path, query, headers, body):
    check = Checker()
    check.need(headers.get("Authorization") == GENIE_KEY, "Authorization")
    value = parsed(check, headers, body)
    if path == "/v2/alerts":
        check.fields(value, "alert", {"message": str}, {
            "alias": str, "description": str, "responders": list, "visibleTo": list,
            "actions": list, "tags": list, "details": dict, "entity": str, "source": str,
            "priority": str, "user": str, "note": str})
        value = value or {}
        check.length(value.get("message"), 130, "message", 1)
        check.length(value.get("alias"), 512, "alias", 1)
        check.length(value.get("description"), 15000, "description")
        check.length(value.get("entity"), 512, "entity")
        check.length(value.get("source"), 100, "source")
        check.need(value.get("priority") in ("P1", "P2", "P3", "P4", "P5"), "priority")
        check.need(len(value.get("tags", [])) <= 20, "tags")
        for tag in value.get("tags", []):
            check.length(tag, 50, "tag", 1)
        details = value.get("details", {})
        check.strings(details, "details")
        check.need(sum(len(k) + len(v) for k, v in details.items()) <= 8000, "details too long")
        check.readable(value)
    else:
        match = re.fullmatch(r"/v2/alerts/[^/]{1,2000}/(close|acknowledge)", path)
        check.need(match, f"path {path}")
        check.need(query.get("identifierType") == ["alias"], "identifierType")
        check.fields(value, "action", {}, {"user": str, "source": str, "note": str})
        check.length((value or {}).get("user"), 100, "user", 1)
        check.length((value or {}).get("note"), 25000, "note")
    answer = {"result": "Request will be processed", "took": 0.1, "requestId": "r"}
    refusal = {"message": "Request body is not processable", "took": 0.0, "requestId": "r"}
    return check.problems, (202, json.dumps(answer).encode()), json.dumps(refusal).encode()


ELEMENTS = {
    "TextBlock": ({"type": str, "text": str}, {
        "wrap": bool, "weight": str, "size": str, "color": str, "spacing": str}),
    "RichTextBlock": ({"type": str, "inlines": list}, {"spacing": str}),
}


def teams(path, query, headers, body):
    check = Checker()
    check.need(len(body) <= 28 * 1024, f"body of {len(body)} bytes")
    value = parsed(check, headers, body)
    if check.fields(value, "message", {"type": str, "attachments": list}):
        check.need(value["type"] == "message", "type")
        check.need(len(value["attachments"]) == 1, "attachments")
        for attachment in value["attachments"]:
            check.fields(attachment, "attachment", {"contentType": str, "content": dict})
            check.need(
                attachment.get("contentType") == "application/vnd.microsoft.card.adaptive",
                "contentType")
            card(check, attachment.get("content", {}))
        check.readable(value)
    return check.problems, (202, b""), b"bad request"


def card(check, content):
    check.fields(content, "card", {"type": str, "version": str, "body": list}, {
        "$schema": str, "actions": list, "msteams": dict})
    check.need(content.get("type") == "AdaptiveCard", "card.type")
    check.need(content.get("version") == "1.4", "card.version")
    check.need(content.get("body"), "card has no body")
    for element in content.get("body", []):
        required, optional = ELEMENTS.get(element.get("type"), ({}, {}))
        check.fields(element, "element", required, optional)
        check.need(element.get("spacing", "None") in (
            "None", "Small", "Default", "Medium", "Large", "ExtraLarge", "Padding"), "spacing")
        for run in element.get("inlines", []):
            check.fields(run, "run", {"type": str, "text": str}, {
                "weight": str, "size": str, "color": str})
            check.need(run.get("weight", "Bolder") in ("Lighter", "Default", "Bolder"), "weight")
            check.need(run.get("color", "Good") in (
                "Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"), "color")
    for action in content.get("actions", []):
        check.fields(action, "action", {"type": str, "url": str}, {"title": str})
        check.need(action.get("type") == "Action.OpenUrl", "action.type")
        check.web(action.get("url"), "action.url")


CONTRACTS = {
    "slack": slack, "pagerduty": pagerduty, "webhook": webhook, "alertmanager": alertmanager,
    "opsgenie": opsgenie, "teams": teams,
}
