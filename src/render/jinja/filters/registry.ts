/** The filters there are, and how one is applied. */
import { plainName } from "../collections.js";
import { Args, type Parameters } from "../parameters.js";
import {
  Blank,
  Dict,
  defined,
  type Fault,
  isUndefined,
  type Keywords,
  Range,
  Undefined,
  undefinedFault,
  unsupported,
  type Value,
} from "../values.js";

export interface Filter {
  readonly parameters: Parameters;
  readonly apply: (value: Value, args: Args) => Value;
  /** Whether it deals with an undefined value itself. */
  readonly lenient: boolean;
  /** Whether its result can be printed, and nothing else. */
  readonly printedOnly?: boolean;
  /** Why it is not supported, for one that Jinja2 or Ansible has and we have not. */
  readonly refusal?: () => Fault;
}
export type Filters = Readonly<Record<string, Filter>>;

export function filter(parameters: Parameters, apply: Filter["apply"]): Filter {
  return { parameters, apply, lenient: false };
}

export function lenientFilter(parameters: Parameters, apply: Filter["apply"]): Filter {
  return { parameters, apply, lenient: true };
}

/** A filter that Jinja2 or Ansible has and we have not. */
export function refused(name: string, remedy?: string): Filter {
  const refusal = () => unsupported(`the filter ${name}`, remedy);
  const fail = () => {
    throw refusal();
  };
  return { ...lenientFilter(["*", "**"], fail), refusal };
}

/** Filters for which an inline `if` without `else` is an empty string or list, or false. */
const blankGoes = new Set(
  [
    "string lower upper capitalize title trim replace length count list join center wordcount",
    "quote b64encode regex_replace regex_search regex_findall regex_escape",
    "sort unique sum reverse items flatten batch map select reject selectattr rejectattr",
    "intersect difference bool product zip zip_longest permutations combinations slice groupby",
    "hash md5 sha1 checksum urlencode to_uuid e escape forceescape safe format shuffle b64decode",
    "from_yaml_all truncate",
  ].flatMap((line) => line.split(" ")),
);

export function applyFilter(
  name: string,
  found: Filter,
  value: Value,
  args: readonly Value[],
  keywords: Keywords,
): Value {
  if (
    !found.lenient &&
    isUndefined(value) &&
    !(value instanceof Blank && blankGoes.has(plainName(name)))
  ) {
    throw undefinedFault(value);
  }
  // An undefined argument is none, whatever the filter makes of its value.
  for (const arg of [...args, ...keywords.values()]) if (!found.lenient) defined(arg);
  const result = found.apply(
    value,
    new Args(`the filter ${name}`, found.parameters, args, keywords),
  );
  // As what any filter makes that is gone through but is no list.
  if (result instanceof Range) return [...result.items];
  if (!mayHoldUndefined.has(plainName(name))) noneUndefinedIn(result, [value, ...args]);
  return result;
}

/** `map` makes its items when they are asked for, and `shuffle` looks at none. */
const mayHoldUndefined = new Set(["map", "shuffle"]);

/** As in Ansible 2.19, a list or dict that a filter makes anew holds nothing that is undefined. */
function noneUndefinedIn(result: Value, given: readonly Value[]): void {
  const items = itemsOf(result);
  const inner = items.flatMap(itemsOf);
  if (![...items, ...inner].some((item) => item instanceof Undefined)) return;
  const old = new Set<Value>();
  const note = (value: Value) => {
    if (old.has(value)) return;
    old.add(value);
    for (const item of itemsOf(value)) note(item);
  };
  for (const value of given) note(value);
  const made = [result, ...items].filter((value) => !old.has(value));
  const missing = made.flatMap(itemsOf).find((item) => item instanceof Undefined);
  if (missing instanceof Undefined) throw undefinedFault(missing);
}

function itemsOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  return value instanceof Dict ? value.entries().map(([, item]) => item) : [];
}
