import { writeFile } from "node:fs/promises";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { forwardSteps, revertSteps } from "../../../src/host/steps.js";
import { whole } from "./cells.js";
import type { CellMeta, ReloadLoopMeta } from "./meta.js";

/**
 * Tells each cell when it has ended, for the whole campaign takes an hour, and writes
 * docs/campaign.md from all of them.
 */
export default class Page implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { cell } = test.meta();
    if (cell !== undefined) console.log(`${test.name}: ${outcome(cell)}`);
    for (const error of test.result().errors ?? []) console.log(error.message);
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const cells = tests.flatMap((test) => test.meta().cell ?? []);
    const loops = tests.flatMap((test) => test.meta().reloadLoop ?? []);
    const page = new URL("../../../docs/campaign.md", import.meta.url);
    await writeFile(page, `${text(cells, loops, tests).join("\n")}\n`);
  }
}

function text(
  cells: readonly CellMeta[],
  loops: readonly ReloadLoopMeta[],
  tests: readonly TestCase[],
): readonly string[] {
  const passed = cells.filter(({ told }) => told !== undefined).length;
  const failed = tests.filter((test) => test.result().state === "failed").length;
  const date = new Date().toISOString().slice(0, 10);
  return [
    "# The fault campaign",
    "",
    "Written by `npm run campaign`, which runs every cell against real hosts; `npm cit` runs a selection of them.",
    "",
    `${date}: ${cells.length} cells, ${passed} passed, ${cells.length - passed} failed. ${[...new Set(cells.map(({ on }) => on))].join("; ")}.`,
    ...(failed > cells.length - passed ? ["", "**Other tests of the campaign failed.**"] : []),
    "",
    "A cell is one deploy. It is held at one step of the transaction, in the step's first moment, and struck by one fault. Then the host must run **one** release, the old one or the new one, wholly: its files, links, drop-ins, `.env`, units as systemd has loaded them, services, containers with their image IDs, the tag that moved, and what answers on `/health/`. Nothing of the other may be left, the service that the deploy does not concern must not have been started again (but after a power cut), and the job's exit code, outputs and summary must say what is so. The next deploy then has to work.",
    "",
    "The steps are those of `src/host/steps.ts`, all of them.",
    "",
    "| fault | what is done |",
    "| --- | --- |",
    ...faultsOf(cells).map(({ name, text }) => `| ${name} | ${text} |`),
    "",
    "“old” and “new” say which release the host runs in the end, “green” and “red” the job's colour; a killed runner has none.",
    ...tables(cells),
    ...reverts(cells),
    ...loops.flatMap(reloadLoop),
    "",
    "What this cannot show: the testbed's power cut ends every process at once, but the kernel's page cache outlives it.",
  ];
}

function tables(cells: readonly CellMeta[]): string[] {
  return unique(cells.map(titleOf)).flatMap((title) => {
    const mine = cells.filter((cell) => titleOf(cell) === title);
    const columns = faultsOf(mine).map(({ name }) => name);
    const rows = steps.filter((name) => mine.some(({ step }) => step === name));
    return [
      "",
      `## ${title[0]?.toUpperCase()}${title.slice(1)}`,
      "",
      `| step | ${columns.map((name) => name.replace(midStep, "")).join(" | ")} |`,
      `| --- |${" --- |".repeat(columns.length)}`,
      ...rows.map((row) => {
        const outcomes = columns.map((column) =>
          outcome(mine.find(({ step, fault }) => step === row && fault === column)),
        );
        return `| ${row} | ${outcomes.join(" | ")} |`;
      }),
    ];
  });
}

const steps: readonly string[] = [...forwardSteps, ...revertSteps];
const midStep = ", mid-step";

function titleOf({ owner, course, fault }: CellMeta): string {
  return `${owner}: ${course}${fault.endsWith(midStep) ? ", in the middle of the step's work" : ""}`;
}

function outcome(cell: CellMeta | undefined): string {
  if (cell === undefined) return "";
  if (cell.told === undefined) return "**failed**";
  return [cell.told.outcome, cell.told.colour ?? []].flat().join(", ");
}

/** By who put back, for a host that boots has more to do than one that runs. */
function reverts(cells: readonly CellMeta[]): string[] {
  const rows = unique(cells.map(({ owner }) => owner)).flatMap((owner) =>
    [false, true].map((boot) => ({
      name: `${owner}, ${boot ? "after a power cut" : "host stays up"}`,
      times: cells
        .filter((cell) => cell.owner === owner && (cell.fault === "power cut") === boot)
        .flatMap(({ told }) => told?.revertTook ?? [])
        .sort((a, b) => a - b),
    })),
  );
  return [
    "",
    "## How long a revert takes",
    "",
    "From the decision to the old release being healthy again, as the host itself measured it, in seconds. Several hosts shared two processors.",
    "",
    "| | reverts | median | shortest | longest |",
    "| --- | --- | --- | --- | --- |",
    ...rows
      .filter(({ times }) => times.length > 0)
      .map(({ name, times }) => {
        const at = (index: number) => ((times[index] ?? Number.NaN) / 1000).toFixed(1);
        const median = Math.floor(times.length / 2);
        return `| ${name} | ${times.length} | ${at(median)} | ${at(0)} | ${at(times.length - 1)} |`;
      }),
  ];
}

function reloadLoop(loop: ReloadLoopMeta): string[] {
  return [
    "",
    "## Somebody reloads systemd all the time",
    "",
    `${loop.deploys} deploys, each adding what the next one removes, while another process reloaded systemd ${loop.reloads} times. All were green. In ${loop.samples} looks no unit that both releases have was missing, and of ${loop.requests} requests to the service that does not change none was refused.`,
  ];
}

function faultsOf(cells: readonly CellMeta[]) {
  const names = new Set(cells.map(({ fault }) => fault));
  const known = new Map(whole.map(({ fault }) => [fault.name, fault]));
  return [...known.values()].filter(({ name }) => names.has(name));
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
