import { expect, test } from "vitest";
import { ConnectionLost } from "../../../src/errors.js";
import type { Progress } from "../../../src/host/applied.js";
import type { Line } from "../../../src/host/line.js";
import type { Session } from "../../../src/host/session.js";
import { transact } from "../../../src/host/transact.js";
import { base64, replay } from "./support.js";

const owner = { scope: "rootful", user: "", sudo: false } as const;
const transaction = {
  id: "id",
  program: "echo 'the program'",
  parameters: { QD_TRANSACTION: "id", QD_NEW: "yes" },
};
const log = (...lines: readonly string[]) => lines.map((line) => `log|${line}`);

interface Run {
  readonly says: readonly string[];
  readonly code?: number;
  /** What the connection ends with after that. */
  readonly fails?: Error;
  /** What happens meanwhile. */
  readonly meanwhile?: () => void;
}

/** Follows a transaction on a host that says this in each run, with `|` between fields. */
async function follow(
  runs: readonly Run[],
  confirm: () => Promise<boolean> = async () => true,
  controller = new AbortController(),
) {
  const programs: string[] = [];
  let lost = 0;
  const session: Session = {
    host: "web",
    run: async (command, program, options) => {
      const one = runs[programs.length] ?? { says: [], fails: new Error("one run too many") };
      programs.push(program);
      const lines = one.says.map((line) => `{token}\t${line.replaceAll("|", "\t")}`);
      const exit = await replay(lines, { code: one.code ?? 0 }).run(command, program, options);
      one.meanwhile?.();
      if (one.fails) throw one.fails;
      return exit;
    },
    upload: async () => "/tmp/upload",
    [Symbol.asyncDispose]: async () => {},
  };
  const line = {
    session: async () => session,
    lose: async () => {
      lost += 1;
    },
  } as unknown as Line;
  const progress: Progress[] = [];
  const applied = await transact(line, owner, transaction, {
    timeout: 1000,
    archive: "/tmp/x/release.tar",
    cancel: controller.signal,
    confirm,
    onProgress: (one) => progress.push(one),
  });
  return { applied, programs, progress, lost };
}

const gone = () => new ConnectionLost({ host: "web", phase: "connect", cause: "it is gone" });

test("one connection, where it lasts", async () => {
  const { applied, programs } = await follow([
    { says: log("started|1", "step|pull", "end|committed") },
  ]);
  expect(applied).toMatchObject({ phase: "pull", since: "1", outcome: { kind: "committed" } });
  expect(programs).toHaveLength(1);
  expect(programs[0]).toContain(
    "\nbegin_transaction <<'PROGRAM-id'\necho 'the program'\nPROGRAM-id\n",
  );
  expect(programs[0]).toContain("\nQD_ARCHIVE=/tmp/x/release.tar\n");
  expect(programs[0]).toContain("\nQD_FROM=0\n");
});

test("several, where they are lost: it begins once, and no line is taken twice", async () => {
  const { applied, programs, lost } = await follow([
    { says: log("started|1", "image|a.service|r/a|1|2"), fails: gone() },
    { says: log("flipped|R1"), fails: gone() },
    { says: log("end|committed") },
  ]);
  expect(applied).toMatchObject({ flipped: true, outcome: { kind: "committed" } });
  expect(applied.images).toHaveLength(1);
  expect(lost).toBe(2);
  expect(programs.map((one) => one.includes("begin_transaction <<"))).toEqual([true, false, false]);
  expect(programs.map((one) => /^QD_FROM=(.*)$/m.exec(one)?.[1])).toEqual(["0", "2", "3"]);
  expect(programs[1]).toContain("\nQD_ARCHIVE=''\n");
});

test.each([
  [true, "commit", "committed"],
  [false, "revert", "unchanged"],
])("a host that waits for the runner's word: %s", async (word, decision, end) => {
  const { applied, programs } = await follow(
    [{ says: log("step|confirm") }, { says: log(`end|${end}`) }],
    async () => word,
  );
  expect(applied.outcome.kind).toBe(end);
  expect(programs[0]).toContain("\nQD_DECISION=''\n");
  expect(programs[1]).toContain(`\nQD_DECISION=${decision}\n`);
});

test.each([
  ["busy", "busy"],
  // The connection went before the host had all of it.
  ["absent", "stale"],
  ["dead|open", "stuck"],
  ["dead|closed", "stuck"],
  // It died before it had the lock.
  ["dead|unclaimed", "unchanged"],
])("a host that says %s", async (word, kind) => {
  const { applied } = await follow([{ says: [word] }]);
  expect(applied.outcome.kind).toBe(kind);
});

test("dead, after it said how it ended", async () => {
  const stuck = log(`stuck|${base64("no space")}`);
  const { applied } = await follow([{ says: [...stuck, "dead"] }]);
  expect(applied.outcome).toEqual({ kind: "stuck", said: ["no space"] });
});

test("what fails before it began has changed nothing", async () => {
  const { applied } = await follow([{ says: ["fail|begin|/x|cannot-write|"], code: 1 }]);
  expect(applied.outcome).toEqual({ kind: "unchanged" });
  expect(applied.failure?.message).toMatch(/^web: begin: \/x: it cannot be written/);
});

test("what fails without a word never throws", async () => {
  const { applied } = await follow([{ says: [], code: 1 }]);
  expect(applied.failure?.message).toMatch(/^web: connect: /);
});

test("a job that is cancelled tells the host, and waits for the end", async () => {
  const controller = new AbortController();
  const { applied, programs, progress } = await follow(
    [
      {
        says: log("started|1", "step|pull"),
        meanwhile: () => controller.abort(),
        fails: new Error("the wait was ended"),
      },
      { says: log("called-off", "end|unchanged") },
    ],
    undefined,
    controller,
  );
  expect(programs[1]).toContain("\nQD_DECISION=revert\n");
  expect(applied).toMatchObject({ calledOff: true, outcome: { kind: "unchanged" } });
  expect(progress).toContainEqual({
    kind: "warning",
    text: "cancelled; the host is told to put it back",
  });
});
