import { describe, expect, test } from "vitest";
import { healthTarget } from "../../../src/health/target.js";
import { servicesOf } from "../../../src/quadlet/services.js";
import type { RawOptions } from "../../../src/settings/settings.js";
import { deploySettings, messagesOf } from "../settings/support.js";

/** Services that publish these ports, and a network beside them. */
function services(ports: Readonly<Record<string, readonly string[]>>) {
  return servicesOf([
    { place: "quadlet", path: "net.network", content: "", source: "" },
    ...Object.entries(ports).map(([name, values]) => ({
      place: "quadlet" as const,
      path: name,
      source: name,
      content: `[${name.endsWith(".pod") ? "Pod" : "Container"}]\n${values.map((value) => `PublishPort=${value}\n`).join("")}`,
    })),
  ]);
}

const target = (
  raw: RawOptions,
  ports: Parameters<typeof services>[0],
  address = "web.example.com",
) => healthTarget(deploySettings(raw).health, services(ports), address);

const one = { "db.container": [], "web.container": ["8000:80"] };

describe("what is asked, and of whom", () => {
  test.each<[string, RawOptions, Parameters<typeof services>[0], object]>([
    ["the host, by default", {}, one, { fromHost: "http://127.0.0.1:8000/health/" }],
    [
      "the runner",
      { "health-from": "runner" },
      one,
      { fromRunner: "http://web.example.com:8000/health/" },
    ],
    [
      "both",
      { "health-from": "both", "health-path": "/up?x=1" },
      one,
      {
        fromHost: "http://127.0.0.1:8000/up?x=1",
        fromRunner: "http://web.example.com:8000/up?x=1",
      },
    ],
    [
      "a port on one address",
      { "health-from": "both" },
      { "web.container": ["192.0.2.7:8000:80"] },
      { fromHost: "http://192.0.2.7:8000/health/", fromRunner: "http://192.0.2.7:8000/health/" },
    ],
    [
      "a port on every address",
      { "health-from": "both" },
      { "web.container": ["0.0.0.0:8000:80"] },
      {
        fromHost: "http://127.0.0.1:8000/health/",
        fromRunner: "http://web.example.com:8000/health/",
      },
    ],
    [
      "a port on every address, IPv6",
      {},
      { "web.container": ["[::]:8000:80"] },
      { fromHost: "http://127.0.0.1:8000/health/" },
    ],
    [
      "a port on loopback",
      {},
      { "web.container": ["127.0.0.1:8000:80"] },
      { fromHost: "http://127.0.0.1:8000/health/" },
    ],
    [
      "a port on IPv6's loopback",
      {},
      { "web.container": ["[::1]:8000:80"] },
      { fromHost: "http://[::1]:8000/health/" },
    ],
    [
      "beside it only UDP",
      {},
      { "dns.container": ["53:53/udp"], "web.container": ["8000:80"] },
      { fromHost: "http://127.0.0.1:8000/health/" },
    ],
  ])("%s", (_, raw, ports, expected) => {
    expect(target(raw, ports)).toEqual({ ...expected, services: ["web.service"] });
  });

  test("a host by its IPv6 address", () => {
    expect(target({ "health-from": "runner" }, one, "2001:db8::7").fromRunner).toBe(
      "http://[2001:db8::7]:8000/health/",
    );
  });

  test("a pod publishes for its containers", () => {
    expect(target({}, { "web.container": [], "app.pod": ["8000:80"] })).toEqual({
      fromHost: "http://127.0.0.1:8000/health/",
      services: ["app-pod.service"],
    });
  });

  const several = {
    "web.container": ["8000:80"],
    "admin.container": ["9000:90"],
    "db.container": [],
  };
  test.each<[string, RawOptions, object]>([
    [
      "a URL, and the service behind its port",
      { "health-url": "http://h:9000/up" },
      { fromHost: "http://h:9000/up", services: ["admin.service"] },
    ],
    [
      "a URL of a proxy: any service may be behind it",
      { "health-url": "https://shop.example.com/up", "health-from": "both" },
      {
        fromHost: "https://shop.example.com/up",
        fromRunner: "https://shop.example.com/up",
        services: ["admin.service", "db.service", "web.service"],
      },
    ],
    [
      "nobody",
      { "health-from": "none" },
      { services: ["admin.service", "db.service", "web.service"] },
    ],
  ])("%s", (_, raw, expected) => {
    expect(target(raw, several)).toEqual(expected);
  });

  test.each<[string, RawOptions, Parameters<typeof services>[0], RegExp]>([
    [
      "no port",
      {},
      { "web.container": [] },
      /^settings: health-url: the units publish no fixed TCP port to ask for health\. Set `health-url`, or `health-from: none`/,
    ],
    ["a random port", {}, { "web.container": ["80"] }, /no fixed TCP port/],
    [
      "several ports",
      {},
      several,
      /^settings: health-url: the units publish several ports \(admin\.service 9000, web\.service 8000\)\./,
    ],
    [
      "several of one service",
      {},
      { "web.container": ["80:80", "443:443"] },
      /\(web\.service 80, web\.service 443\)/,
    ],
    [
      "the runner, at a loopback",
      { "health-from": "runner" },
      { "web.container": ["127.0.0.1:8000:80"] },
      /^settings: health-from: the runner cannot reach port 8000: web\.service publishes it on 127\.0\.0\.1 alone\. Set `health-from: host`/,
    ],
    [
      "the runner, at IPv6's loopback",
      { "health-from": "both" },
      { "web.container": ["[::1]:8000:80"] },
      /publishes it on ::1 alone/,
    ],
  ])("%s: no URL follows", (_, raw, ports, message) => {
    expect(messagesOf(() => target(raw, ports))).toEqual([expect.stringMatching(message)]);
  });

  // new URL().port is "" for it.
  test("the service behind a URL without a port is the one at the protocol's", () => {
    const ports = { "web.container": ["80:80"], "db.container": [] };
    expect(target({ "health-url": "http://h/up" }, ports).services).toEqual(["web.service"]);
  });

  // It would ask itself.
  test("the runner is not sent to its own loopback", () => {
    const raw = { "health-url": "http://127.0.0.1:8000/", "health-from": "runner" };
    expect(messagesOf(() => target(raw, one))).toHaveLength(1);
  });
});
