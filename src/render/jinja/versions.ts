import type { Args } from "./parameters.js";
import { str, truth } from "./python.js";
import { Fault, unsupported, type Value } from "./values.js";

const operators: Record<string, (difference: number) => boolean> = {
  eq: (difference) => difference === 0,
  ne: (difference) => difference !== 0,
  lt: (difference) => difference < 0,
  le: (difference) => difference <= 0,
  gt: (difference) => difference > 0,
  ge: (difference) => difference >= 0,
};
const aliases: Record<string, string> = {
  "==": "eq",
  "=": "eq",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
  "!=": "ne",
  "<>": "ne",
};

/** Ansible's test `version`, with its way to compare when none is named: Python's LooseVersion. */
export function compareVersions(value: Value, args: Args): boolean {
  const kind = args.get("version_type") ?? "loose";
  if (kind !== "loose") throw unsupported(`version_type ${str(kind)}`);
  if (args.flag("strict")) throw unsupported("strict in the test version");
  const version = args.value("version");
  if (!truth(value) || !truth(version)) throw new Fault("there is no version to compare");
  const operator = args.string("operator", "eq");
  const test = operators[aliases[operator] ?? operator];
  if (!test) throw new Fault(`${operator} does not compare versions`);
  return test(compare(parse(str(value)), parse(str(version))));
}

function parse(version: string): (number | string)[] {
  return version
    .split(/(\d+|[a-z]+|\.)/)
    .filter((part) => part !== "" && part !== ".")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function compare(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    if (typeof part !== typeof other) {
      throw new Fault(`the versions cannot be compared: ${part} is set against ${other}`);
    }
    return part < other ? -1 : 1;
  }
  return a.length - b.length;
}
