/** All filters, by name. Not one of nunjucks' own is among them: theirs are JavaScript's. */
import { unknownName } from "../errors.js";
import { tests } from "../tests.js";
import type { Fault, Keywords, Value } from "../values.js";
import { combinationFilters } from "./combinations.js";
import { dataFilters } from "./data.js";
import { hashFilters } from "./hashes.js";
import { listFilters } from "./lists.js";
import { numberFilters } from "./numbers.js";
import { pathFilters } from "./paths.js";
import { randomFilters } from "./random.js";
import { applyFilter, type Filter, refused } from "./registry.js";
import { textFilters } from "./text.js";
import { urlFilters } from "./urls.js";
import { yamlFilters } from "./yaml.js";

/** What Jinja2 and Ansible have besides, with what to do instead. */
const refusals: Record<string, string | undefined> = {
  attr: "Write value.name",
  e: "Nothing needs to be escaped: leave it away",
  escape: "Nothing needs to be escaped: leave it away",
  forceescape: undefined,
  safe: "Nothing is escaped: leave it away",
  striptags: undefined,
  urlize: undefined,
  xmlattr: undefined,
  tojson: "It escapes for HTML: write | to_json",
  pprint: undefined,
  wordwrap: undefined,
  expanduser: "The host's files are not known here",
  expandvars: "The host's environment is not known here",
  fileglob: "Files are not read here",
  realpath: "The host's files are not known here",
  to_datetime: undefined,
  strftime: "There is no clock here",
  password_hash: undefined,
  type_debug: undefined,
  vault: undefined,
  unvault: undefined,
  ipaddr: undefined,
  json_query: undefined,
};

export const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...Object.entries(refusals).map(
    ([name, remedy]) => [name, refused(name, remedy)] as [string, Filter],
  ),
  ...[
    ...[textFilters, listFilters, combinationFilters, dataFilters, yamlFilters],
    ...[pathFilters, urlFilters, numberFilters, hashFilters, randomFilters],
  ].flatMap((some) => Object.entries(some)),
]);

export function applyByName(
  name: string,
  value: Value,
  args: readonly Value[],
  keywords: Keywords,
): Value {
  const found = filters.get(name);
  if (!found) throw unknownName("filter", name, filters.keys());
  return applyFilter(name, found, value, args, keywords);
}

export function unknownTest(name: string): Fault {
  return unknownName("test", name, tests.keys());
}
