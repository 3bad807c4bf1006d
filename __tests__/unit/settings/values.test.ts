import { describe, expect, test } from "vitest";
import {
  boolean,
  duration,
  integer,
  lines,
  statusRanges,
  target,
} from "../../../src/settings/values.js";

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["10 s", 10_000],
  ["1.5s", 1500],
  ["2m", 120_000],
  ["2min", 120_000],
  ["1h", 3_600_000],
  ["30", 30_000],
  ["0.5", 500],
  ["0", 0],
  ["", undefined],
  ["-1s", undefined],
  ["1d", undefined],
  ["1e3", undefined],
  ["s", undefined],
  ["1s 2s", undefined],
])("duration %j is %s ms", (text, expected) => {
  expect(duration(text)).toBe(expected);
});

test.each([
  ["0", 0],
  ["022", 22],
  ["999999999", 999_999_999],
  ["1000000000", undefined],
  ["-1", undefined],
  ["1.0", undefined],
  ["0x10", undefined],
  ["٣", undefined],
])("integer %j is %s", (text, expected) => {
  expect(integer(text)).toBe(expected);
});

test.each([
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["false", false],
  ["False", false],
  ["FALSE", false],
  ["tRUE", undefined],
  ["yes", undefined],
  ["1", undefined],
])("boolean %j is %s", (text, expected) => {
  expect(boolean(text)).toBe(expected);
});

test("lines are trimmed; blank ones and comments are none", () => {
  expect(lines(" a \r\n\n#b\n  # c\nd # e\n")).toEqual(["a", "d # e"]);
});

test.each([
  ["200", [[200, 200]]],
  [
    "200,204",
    [
      [200, 200],
      [204, 204],
    ],
  ],
  [
    "200 , 2xx",
    [
      [200, 200],
      [200, 299],
    ],
  ],
  ["5XX", [[500, 599]]],
  ["200-399", [[200, 399]]],
  ["", undefined],
  ["200,", undefined],
  ["600", undefined],
  ["20", undefined],
  ["200-", undefined],
  ["399-200", undefined],
])("status %j", (text, expected) => {
  expect(statusRanges(text)).toEqual(expected?.map(([from, to]) => ({ from, to })));
});

describe("target", () => {
  test.each<[string, string | undefined, string, number | undefined]>([
    ["web", undefined, "web", undefined],
    ["web.example.com", undefined, "web.example.com", undefined],
    ["root@web", "root", "web", undefined],
    ["root@web:2222", "root", "web", 2222],
    ["192.0.2.7:22", undefined, "192.0.2.7", 22],
    ["2001:db8::7", undefined, "2001:db8::7", undefined],
    ["::1", undefined, "::1", undefined],
    ["[::1]", undefined, "::1", undefined],
    ["[::1]:22", undefined, "::1", 22],
    ["root@[2001:db8::7]:2222", "root", "2001:db8::7", 2222],
    ["root@[fe80::1%eth0]:22", "root", "fe80::1%eth0", 22],
    ["fe80::1%eth0", undefined, "fe80::1%eth0", undefined],
    ["::ffff:192.0.2.7", undefined, "::ffff:192.0.2.7", undefined],
    ["web:1", undefined, "web", 1],
    ["web:65535", undefined, "web", 65535],
  ])("%s", (text, user, host, port) => {
    expect(target(text)).toEqual({
      host,
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
    });
  });

  test.each([
    "",
    "a b",
    "root@",
    "@web",
    "a@b@web",
    "web:",
    "web:ssh",
    "web:0",
    "web:65536",
    "web:999999",
    "-oProxyCommand=id",
    "root@-x",
    "[::1",
    "::1]",
    "[::1]22",
    "ssh://web",
  ])("%j is none", (text) => {
    expect(target(text)).toBeUndefined();
  });

  // The zone's name may hold a dash, as in br-lan.
  test("a zone with a dash", () => {
    expect(target("[fe80::1%br-lan]:22")).toEqual({ host: "fe80::1%br-lan", port: 22 });
  });
});
