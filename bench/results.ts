import type { Timed } from "./stopwatch.js";

/** The runs of one contender, a round each, in the order of the rounds. */
export interface Series {
  readonly name: string;
  readonly runs: readonly Timed[];
}

/** How long each takes, and how many times as long as the first of them in the same round. */
export function timesTable(
  series: readonly Series[],
  { what, base } = { what: "deploy", base: "floor" },
): string {
  const [floor] = series;
  const rows = series.map(({ name, runs }) => {
    const walls = runs.map((run) => run.wall);
    const ratios = walls.map((wall, round) => wall / (floor?.runs[round]?.wall ?? Number.NaN));
    const spread = `${ratio(Math.min(...ratios))} – ${ratio(Math.max(...ratios))}`;
    return [name, seconds(median(walls)), `**${ratio(median(ratios))}**`, spread];
  });
  return table([what, "median, s", `× ${base}`, "min – max"], rows);
}

/** Where the time goes: the median time of each step, in seconds. */
export function stepsTable(series: readonly Series[]): string {
  const steps = [
    ...new Set(series.flatMap(({ runs }) => runs.flatMap((run) => [...run.steps.keys()]))),
  ];
  const cell = (runs: readonly Timed[], step: string) => {
    const times = runs.map((run) => run.steps.get(step)).filter((time) => time !== undefined);
    return times.length === 0 ? "" : seconds(median(times));
  };
  const rows = steps.map((step) => [step, ...series.map(({ runs }) => cell(runs, step))]);
  return table(["step", ...series.map(({ name }) => name)], rows);
}

/** What makes up the difference between two: their steps, the greatest difference first. */
export function differences(base: Series, other: Series): string {
  const steps = new Set([base, other].flatMap(({ runs }) => runs.flatMap(stagesOf)));
  return [...steps]
    .map((step) => ({ step, by: medianOf(other, step) - medianOf(base, step) }))
    .filter(({ by }) => Math.abs(by) >= WORTH_TELLING)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by))
    .map(({ step, by }) => `${step} ${by > 0 ? "+" : "−"}${seconds(Math.abs(by))}`)
    .join(", ");
}

/** Milliseconds. */
const WORTH_TELLING = 50;

/**
 * The application starts in its own time, whether that is spent in waiting for its service or
 * for its first healthy answer: these steps are told as one.
 */
const STARTING = [
  "starting services",
  "waiting for the services",
  "asking for health",
  "waiting whether they stay up",
];
const STARTED = "from restart to healthy";

function stagesOf({ steps }: Timed): string[] {
  return [...steps.keys()].map((step) => (STARTING.includes(step) ? STARTED : step));
}

function medianOf({ runs }: Series, stage: string): number {
  const parts = stage === STARTED ? STARTING : [stage];
  return median(
    runs.map(({ steps }) => parts.reduce((sum, part) => sum + (steps.get(part) ?? 0), 0)),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(
    Math.ceil(middle) - 1,
    Math.floor(middle) + 1,
  );
  return (low + high) / 2;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], fill = " ") =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`;
  const rule = line(
    head.map(() => ""),
    "-",
  );
  return [line(head), rule, ...rows.map((row) => line(row))].join("\n");
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function ratio(value: number): string {
  return value.toFixed(2);
}
