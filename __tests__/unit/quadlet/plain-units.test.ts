import { describe, expect, test } from "vitest";
import { checkUnits } from "../../../src/quadlet/check.js";
import { type File, servicesOf } from "../../../src/quadlet/services.js";

type Files = Readonly<Record<string, string>>;
const filesOf = (files: Files) =>
  Object.entries(files).map(
    ([path, content]): File => ({
      place: /\.container$/.test(path) ? "quadlet" : "systemd",
      path,
      content,
      source: path,
    }),
  );
const service = (files: Files, name: string) =>
  servicesOf(filesOf(files)).find((one) => one.name === name);
const check = (files: Files, scope: "rootful" | "rootless" = "rootful") => {
  const set = filesOf(files);
  return checkUnits(set, servicesOf(set), { scope, rollback: true }).map(
    ({ rule, source }) => `${rule} ${source}`,
  );
};

const container = "[Container]\nImage=r.io/x:1\n";
const install = "[Install]\nWantedBy=timers.target\n";

describe("what a unit starts", () => {
  test.each<[string, string, string | undefined]>([
    ["a.timer", "[Timer]\nOnCalendar=daily\n", "a.service"],
    ["a.timer", "[Timer]\nUnit=b.service\n", "b.service"],
    ["a@x.timer", "[Timer]\nUnit=b@%i.service\n", "b@x.service"],
    ["a@x.timer", "[Timer]\nOnCalendar=daily\n", "a@x.service"],
    ["a.path", "[Path]\nPathExists=/x\n", "a.service"],
    ["a.path", "[Path]\nUnit=b.target\n", "b.target"],
    ["a.socket", "[Socket]\nListenStream=1\n", "a.service"],
    ["a.socket", "[Socket]\nService=b.service\n", "b.service"],
    ["a.socket", "[Socket]\nAccept=yes\n", "a@.service"],
    ["a.service", "[Service]\nExecStart=/x\n", undefined],
    ["a.target", "[Unit]\n", undefined],
  ])("%s %j: %s", (path, text, starts) => {
    expect(service({ [path]: text }, path)?.starts).toBe(starts);
  });

  test("is left to it, unless it is installed for itself", () => {
    const timer = { "a.timer": `[Timer]\nOnCalendar=daily\n${install}` };
    expect(service({ ...timer, "a.container": container }, "a.service")?.onDemand).toBe(true);
    expect(service({ ...timer, "b.container": container }, "b.service")?.onDemand).toBe(false);
    expect(service({ ...timer, "a.container": container + install }, "a.service")?.onDemand).toBe(
      false,
    );
    expect(service(timer, "a.timer")?.onDemand).toBe(false);
  });
});

describe("what ends and what runs on", () => {
  test.each<[string, string, boolean, boolean]>([
    ["a.service", "[Service]\nExecStart=/x\n", true, true],
    ["a.service", "[Service]\nExecStop=/x\n", false, false],
    ["a.service", "[Service]\nType=oneshot\nExecStart=/x\n", false, false],
    ["a.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/x\n", false, true],
    ["a.timer", "[Timer]\n", false, true],
    ["a.socket", "[Socket]\n", false, true],
    ["a.target", "[Unit]\n", false, true],
  ])("%s %j: long-running %s, remains %s", (path, text, longRunning, remains) => {
    expect(service({ [path]: text }, path)).toMatchObject({ longRunning, remains });
  });
});

describe("links that enable a unit", () => {
  test.each<[string, string, readonly string[]]>([
    ["a.timer", "WantedBy=timers.target", ["timers.target.wants/a.timer"]],
    [
      "a.service",
      "RequiredBy=b.service c.service",
      ["b.service.requires/a.service", "c.service.requires/a.service"],
    ],
    [
      "a.service",
      "UpheldBy=b.target\nAlias=z.service",
      ["b.target.upholds/a.service", "z.service"],
    ],
    ["a@x.service", "WantedBy=b@%i.target", ["b@x.target.wants/a@x.service"]],
    ["a@.service", "WantedBy=b.target", []],
    ["a.service", "WantedBy=b.target\nWantedBy=", []],
  ])("%s %j: %s", (path, text, links) => {
    expect(service({ [path]: `[Install]\n${text}\n` }, path)?.links).toEqual(links);
  });

  test("an instance by default is linked under its own name", () => {
    const files = { "a@.service": "[Install]\nWantedBy=b.target\nDefaultInstance=x\n" };
    expect(service(files, "a@x.service")).toMatchObject({
      unit: "a@.service",
      links: ["b.target.wants/a@x.service"],
      onDemand: false,
    });
  });
});

describe("checks", () => {
  const job = "[Service]\nType=oneshot\nExecStart=/x\n";

  test("a timer with its service, a handler that is named: nothing to say", () => {
    expect(
      check({
        "a.timer": `[Timer]\nOnCalendar=daily\n${install}`,
        "a.service": `[Unit]\nOnFailure=tell@%n.service cry.service\n${job}`,
        "cry.service": job,
        "tell@.service": job,
        "web.container": "[Unit]\nAfter=a.service\n[Container]\nImage=r.io/x:1\n",
        "b.slice": "[Slice]\nMemoryMax=1G\n",
      }),
    ).toEqual([]);
  });

  test.each<[string, Files, readonly string[]]>([
    [
      "a name gone wrong",
      { "a.timer": `[Timer]\nOnCalendar=daily\n${install}`, "b.container": container },
      ["nothing-to-start a.timer"],
    ],
    [
      "no [Install]",
      { "a.timer": "[Timer]\nUnit=b.service\n", "b.container": container },
      ["never-started a.timer"],
    ],
    ["no [Install] of a service", { "a.service": job }, ["never-started a.service"]],
    ["a line that is none", { "a.service": `oops\n${job}${install}` }, ["bad-syntax a.service"]],
    [
      "two of one name",
      { "a.service": job + install, "a.container": container },
      ["shared-service a.container"],
    ],
    [
      "a drop-in for nothing",
      { "a.service": job + install, "a.timer.d/x.conf": "[Timer]\n" },
      ["stray-drop-in a.timer.d/x.conf"],
    ],
    [
      "a circle",
      {
        "a.service": `[Unit]\nAfter=b.service\n${job}${install}`,
        "b.container": `[Unit]\nAfter=a.service\n${container}`,
      },
      ["cycle a.service"],
    ],
  ])("%s", (_, files, expected) => {
    expect(check(files)).toEqual(expected);
  });

  test("a target that a user's manager does not have", () => {
    const files = (target: string) => ({
      "web.container": `${container}[Install]\nWantedBy=${target}\n`,
    });
    expect(check(files("multi-user.target"), "rootless")).toEqual(["no-such-target web.container"]);
    expect(check(files("multi-user.target default.target"), "rootless")).toEqual([]);
    expect(check(files("multi-user.target"), "rootful")).toEqual([]);
  });
});
