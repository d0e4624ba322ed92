"""Stands between the program and the emulator: templates on their way in are fitted (fit.py), and given back as they were sent.

So the program deploys what it would deploy to AWS, and only the emulator sees less.
"""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape, unescape

import yaml

from fit import fit, strangers


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms. Scalars are what JSON has: the program quotes what YAML 1.1 would take for more."""


def short_form(loader: Loader, name: str, node: yaml.Node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if name == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


Loader.add_multi_constructor("!", short_form)


class Proxy:
    """A server on a free port before the emulator's; `changed` has every change that was made."""

    def __init__(self, port: int):
        proxy = self
        self.changed: set[str] = set()
        # What differs from the true template beside those.
        self.strange: set[str] = set()
        # Resources that only the emulator sees.
        self.extra: dict = {}
        # What was sent, by what the emulator got.
        self.sent: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                body = proxy.inwards(body, self.headers)
                headers = {name: value for name, value in self.headers.items()
                           if name.lower() not in ("host", "content-length", "connection", "accept-encoding")}
                emulator = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
                emulator.request(self.command, self.path, body or None, headers)
                answer = emulator.getresponse()
                text = answer.read()
                if self.command != "HEAD":
                    text = proxy.outwards(text)
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                length = answer.getheader("content-length") if self.command == "HEAD" else str(len(text))
                self.send_header("content-length", length or "0")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)
                emulator.close()

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = forward

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def inwards(self, body: bytes, headers) -> bytes:
        """A request; a template in it is fitted."""
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            pairs = parse_qsl(body.decode(), keep_blank_values=True)
            if any(name == "TemplateBody" for name, _ in pairs):
                pairs = [(name, self.fitted(value) if name == "TemplateBody" else value) for name, value in pairs]
                return urlencode(pairs).encode()
        elif headers.get("x-amz-content-sha256") and b"AWSTemplateFormatVersion" in body[:200]:
            return self.fitted(body.decode()).encode()
        return body

    def fitted(self, text: str) -> str:
        true = yaml.load(text, Loader)
        template, changes = fit(true)
        self.strange.update(strangers(true, template, changes))
        self.changed.update(changes)
        template["Resources"].update(self.extra)
        out = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
        self.sent[out] = text
        return out

    def outwards(self, answer: bytes) -> bytes:
        """An answer; a template in it is the one that was sent."""
        if b"<TemplateBody>" not in answer:
            return answer
        head, rest = answer.decode().split("<TemplateBody>", 1)
        body, tail = rest.split("</TemplateBody>", 1)
        text = unescape(body, {"&quot;": '"', "&apos;": "'", "&#x27;": "'", "&#34;": '"', "&#39;": "'"})
        sent = self.sent.get(text)
        if sent is None:
            return answer
        return f"{head}<TemplateBody>{escape(sent)}</TemplateBody>{tail}".encode()
