import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { narrator } from "../../../src/report/narrator.js";
import { problemLines } from "../../../src/report/problems.js";
import { redactor } from "../../../src/report/redact.js";
import { error, hostReport, service } from "./support.js";

const open = (text: string) => text;

describe("redact", () => {
  const key =
    "-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEA\nAAAAB3NzaC1yc2E=\nabc\n-----END KEY-----\n";
  test.each<[string, readonly string[], string, string]>([
    ["a secret, wherever it stands", ["hunter22"], "pw=hunter22, hunter22!", "pw=***, ***!"],
    ["nothing else", ["hunter22"], "hunter2 hunter", "hunter2 hunter"],
    ["no secrets", [], "text", "text"],
    ["the longer first", ["secret", "secret-longer"], "secret-longer secret", "*** ***"],
    ["each line of several", [key], "x b3BlbnNzaC1rZXktdjEA y AAAAB3NzaC1yc2E= z", "x *** y *** z"],
    [
      "not what frames a key, nor what is short",
      [key],
      "-----END KEY----- abc",
      "-----END KEY----- abc",
    ],
    ["with Windows line ends", ["one-line\r\ntwo-line"], "two-line one-line", "*** ***"],
    ["what a pattern would act on", ["a.*(b)[c]$&"], "a.*(b)[c]$& axxb", "*** axxb"],
    ["what a replacement would act on", ["hunter22"], "$& hunter22 $1", "$& *** $1"],
    ["without the white space around it", ["  hunter22\n"], "hunter22", "***"],
  ])("%s", (_, secrets, text, expected) => {
    expect(redactor(secrets)(text)).toBe(expected);
  });
});

/**
 * The runner looks for commands in each line that .NET's ReadLine gives it: those that begin,
 * after white space, with `::`, and those of the old form `##[…]`, anywhere in a line
 * (actions/runner, src/Runner.Common/ActionCommand.cs).
 */
function commands(text: string): readonly string[] {
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => /^\s*::[^:]*::/.test(line) || /##\[[^\]]*\]/.test(line));
}

describe("problems, as lines of a log", () => {
  test("the message, then the evidence behind a bar", () => {
    const lines = problemLines(
      [
        error({ remedy: "Look.", details: ["journal of web.service:", "  Traceback"] }),
        error({ object: "db.service" }),
      ],
      open,
    );
    expect(lines).toEqual([
      "error: web: restart: web.service: it failed. Look.",
      "  | journal of web.service:",
      "  |   Traceback",
      "error: web: restart: db.service: it failed",
    ]);
  });

  test("secrets are nowhere in them", () => {
    const lines = problemLines(
      [error({ cause: "hunter22", details: ["a hunter22 b"] })],
      redactor(["hunter22"]),
    );
    expect(lines.join()).not.toContain("hunter22");
  });

  test.each(["::error::x", "  ::set-output name=a::b", "::add-mask::a", "::stop-commands::x"])(
    "evidence %j is no command",
    (line) => {
      expect(commands(problemLines([error({ details: [line] })], open).join("\n"))).toEqual([]);
    },
  );

  // A message goes out as it is, and may hold the words of a server: its line ends start new lines.
  test.each(["\n::error::x", "\r::error::x"])("a message with %j is no command", (text) => {
    expect(commands(problemLines([error({ cause: `it said${text}` })], open).join("\n"))).toEqual(
      [],
    );
  });

  test.each(["progress\r::add-mask::a", "##[add-mask]a", "x ##[set-output name=release]v9"])(
    "evidence %j is no command either",
    (line) => {
      expect(commands(problemLines([error({ details: [line] })], open).join("\n"))).toEqual([]);
    },
  );
});

describe("narrator", () => {
  const told = (
    tell: (to: ReturnType<typeof narrator>) => void,
    secrets: readonly string[] = [],
  ) => {
    const stream = new PassThrough();
    tell(narrator(stream as never as NodeJS.WriteStream, redactor(secrets)));
    return String(stream.read() ?? "");
  };

  // Its spinner would take back infinitely many lines: ora divides by the width.
  test("a terminal without a width gets plain lines", () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 0 });
    const { CI } = process.env;
    delete process.env.CI;
    try {
      const to = narrator(stream as never as NodeJS.WriteStream, open);
      to.phase("web", "connect");
      to.phase("web", "facts");
      to.end("web", true);
    } finally {
      if (CI !== undefined) process.env.CI = CI;
    }
    expect(String(stream.read())).toBe("web: connecting\nweb: reading the host's facts\n");
  });

  test("phases, the plan and what happens, a line each without a terminal", () => {
    const { plan } = hostReport();
    if (!plan) throw new Error("no plan");
    const text = told((to) => {
      to.phase("web", "connect");
      to.plan("web", plan);
      to.progress("web", { kind: "phase", phase: "pull" });
      to.progress("web", {
        kind: "image",
        report: {
          service: "web.service",
          image: "r/web:v2",
          id: `sha256:${"a".repeat(64)}`,
          digest: "d",
        },
      });
      to.progress("web", { kind: "restarting", services: ["a.service", "b.service"] });
      to.progress("web", {
        kind: "service",
        report: service("web.service", { active: "activating", sub: "start", startTime: 0 }),
      });
      to.progress("web", { kind: "service", report: service("web.service") });
      to.progress("web", {
        kind: "service",
        report: service("web.service", { active: "failed", sub: "failed", result: "exit-code" }),
      });
      to.progress("web", {
        kind: "answer",
        from: "host",
        answer: { status: 0, body: "", location: "", trouble: "" },
      });
      to.progress("web", {
        kind: "answer",
        from: "host",
        answer: { status: 0, body: "", location: "", trouble: "refused" },
      });
      to.progress("web", {
        kind: "answer",
        from: "runner",
        answer: { status: 302, body: "", location: "/login", trouble: "" },
      });
      to.progress("web", { kind: "warning", text: "careful" });
      to.end("web", true);
    });
    expect(text.split("\n")).toEqual([
      "web: connecting",
      "  web: ~ web.container  (repo/web.container.j2)",
      "  web: .env sets IMAGE_TAG",
      "  web: restart web.service: web.container was changed",
      "web: pulling images",
      "  web: web.service will run r/web:v2 (aaaaaaaaaaaa)",
      "  web: starting a.service, b.service",
      "  web: web.service is active (running) after 1.5 s",
      "  web: web.service is failed (failed), exit-code",
      "  web: health from the host: no answer",
      "  web: health from the host: refused",
      "  web: health from the runner: HTTP 302 to /login",
      "  web: warning: careful",
      "",
    ]);
  });

  test("secrets are nowhere in it", () => {
    const answer = { status: 0, body: "", location: "", trouble: "token hunter22" };
    expect(
      told((to) => to.progress("web", { kind: "answer", from: "host", answer }), ["hunter22"]),
    ).toBe("  web: health from the host: token ***\n");
  });

  // Free text of a host keeps its line ends.
  test.each(["curl: (7)\n::error::x", "x ##[add-mask]a"])(
    "a host that says %j gives no command",
    (trouble) => {
      const answer = { status: 0, body: "", location: "", trouble };
      expect(
        commands(told((to) => to.progress("web", { kind: "answer", from: "host", answer }))),
      ).toEqual([]);
    },
  );
});
