/** All filters, by name. Not one of nunjucks' own is among them: theirs are JavaScript's. */
import { unknownName } from "../errors.js";
import { tests } from "../tests.js";
import type { Fault, Keywords, Value } from "../values.js";
import { dataFilters } from "./data.js";
import { listFilters } from "./lists.js";
import { applyFilter, type Filter, refused } from "./registry.js";
import { textFilters } from "./text.js";

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
  filesizeformat: undefined,
  groupby: undefined,
  random: "Its result would differ from run to run",
  slice: undefined,
  truncate: undefined,
  urlencode: undefined,
  wordwrap: undefined,
  to_uuid: undefined,
  from_yaml: undefined,
  from_yaml_all: undefined,
  expanduser: "The host's files are not known here",
  expandvars: "The host's environment is not known here",
  fileglob: "Files are not read here",
  path_join: undefined,
  realpath: "The host's files are not known here",
  relpath: "The host's files are not known here",
  splitext: undefined,
  win_basename: undefined,
  win_dirname: undefined,
  win_splitdrive: undefined,
  to_datetime: undefined,
  strftime: "There is no clock here",
  md5: undefined,
  sha1: undefined,
  checksum: undefined,
  hash: undefined,
  password_hash: undefined,
  shuffle: "Its result would differ from run to run",
  type_debug: undefined,
  extract: undefined,
  subelements: undefined,
  symmetric_difference: undefined,
  log: undefined,
  pow: "Write a ** b",
  root: undefined,
  product: undefined,
  permutations: undefined,
  combinations: undefined,
  human_readable: undefined,
  rekey_on_member: undefined,
  zip: undefined,
  zip_longest: undefined,
  urldecode: undefined,
  urlsplit: undefined,
  vault: undefined,
  unvault: undefined,
  ipaddr: undefined,
  json_query: undefined,
};

export const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...Object.entries(refusals).map(
    ([name, remedy]) => [name, refused(name, remedy)] as [string, Filter],
  ),
  ...Object.entries(textFilters),
  ...Object.entries(listFilters),
  ...Object.entries(dataFilters),
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
