/** From what went wrong in a template to what the user reads. */
import leven from "leven";
import { DeployError } from "../../errors.js";
import { UnknownName } from "./compiler.js";
import { type NunjucksError, TemplateError } from "./nunjucks.js";
import { Fault, type Position, type Source, UndefinedFault } from "./values.js";

/** The fault in `error`, at `at` unless it knows its own place. Faults of ours go through. */
export function asFault(error: unknown, at: Position): unknown {
  // What V8 says of a text or a list that it cannot hold, and of a recursion without end.
  if (error instanceof RangeError) {
    return new Fault("this comes to more than a program can hold", undefined, at);
  }
  if (error instanceof Fault) {
    error.at ??= at;
    return error;
  }
  return error;
}

/** The fault that nunjucks' parser or our compiler found in the text of `source`. */
export function syntaxFault(
  error: unknown,
  source: Source,
  known: { readonly filter: Iterable<string>; readonly test: Iterable<string> },
): unknown {
  if (error instanceof UnknownName) {
    const at = { source, line: error.node.lineno, column: error.node.colno };
    return unknownName(error.kind, error.subject, known[error.kind], at);
  }
  if (error instanceof TemplateError) {
    const { message, lineno = 1, colno = 1 } = error as NunjucksError;
    return new Fault(message, undefined, { source, line: lineno - 1, column: colno - 1 });
  }
  return error;
}

export function unknownName(
  kind: "filter" | "test",
  name: string,
  known: Iterable<string>,
  at?: Position,
): Fault {
  const near = nearest(name, known);
  const remedy = near.length > 0 ? `Did you mean ${orList(near)}?` : undefined;
  return new Fault(`the ${kind} ${name} is not supported`, remedy, at);
}

/** The faults as the user's errors; an undefined variable is named once, with all its lines. */
export function deployErrorsOf(faults: readonly Fault[], template: Source): DeployError[] {
  const groups = new Map<string, Fault[]>();
  for (const fault of faults) {
    const file = fault.at?.source.name ?? template.name;
    const key = fault instanceof UndefinedFault ? `${file}\n${fault.message}` : `${groups.size}`;
    groups.set(key, [...(groups.get(key) ?? []), fault]);
  }
  return [...groups.values()].map((group) => deployError(group, template));
}

function deployError(group: readonly Fault[], template: Source): DeployError {
  const [fault] = group as [Fault, ...Fault[]];
  const at = fault.at ?? { source: template, line: 0, column: 0 };
  const line = at.line + 1;
  const others = [...new Set(group.map((other) => (other.at?.line ?? 0) + 1))].filter(
    (other) => other !== line,
  );
  const remedy = remedyFor(fault);
  return new DeployError({
    phase: "render",
    object: `${at.source.name}:${line}`,
    cause: fault.message + throughVariables(fault.via),
    ...(remedy === undefined ? {} : { remedy }),
    location: { file: at.source.name, line, column: at.column + 1 },
    details: [...excerpt(at), ...(others.length > 0 ? [`also at line ${others.join(", ")}`] : [])],
  });
}

function throughVariables(via: readonly string[]): string {
  if (via.length === 0) return "";
  return ` (in the value of the variable ${via.join(", in that of ")})`;
}

function remedyFor(fault: Fault): string | undefined {
  if (!(fault instanceof UndefinedFault)) return fault.remedy;
  const { path, known } = fault.missing;
  const name = path.slice(path.lastIndexOf(".") + 1);
  const near = nearest(name, known);
  const guess = near.length > 0 ? `Did you mean ${orList(near)}? If not, give` : "Give";
  return path ? `${guess} it a value, or write {{ ${path} | default(…) }}` : undefined;
}

/** The line of the source with a caret below the place. */
function excerpt(at: Position): string[] {
  const text = at.source.text.split("\n")[at.line];
  if (text === undefined) return [];
  const margin = `${at.line + 1} | `;
  const indent = text.slice(0, at.column).replace(/[^\t]/g, " ");
  return [margin + text, `${" ".repeat(margin.length)}${indent}^`];
}

/** The names that `name` may be a slip of, the nearest first. */
export function nearest(name: string, known: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(name.length / 3));
  const lower = name.toLowerCase();
  return [...new Set(known)]
    .map((other) => ({ other, distance: leven(lower, other.toLowerCase()) }))
    .filter(({ other, distance }) => other !== name && distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map(({ other }) => other);
}

function orList(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
