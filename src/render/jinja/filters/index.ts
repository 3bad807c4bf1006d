/** All filters, by name. Not one of nunjucks' own is among them: theirs are JavaScript's. */
import { builtinCollections, qualified } from "../collections.js";
import { unknownName } from "../errors.js";
import { tests } from "../tests.js";
import { type Fault, type Keywords, unsupported, type Value } from "../values.js";
import { addressFilters } from "./addresses.js";
import { combinationFilters } from "./combinations.js";
import { dataFilters } from "./data.js";
import { hashFilters } from "./hashes.js";
import { htmlFilters } from "./html.js";
import { listFilters } from "./lists.js";
import { numberFilters } from "./numbers.js";
import { pathFilters } from "./paths.js";
import { randomFilters } from "./random.js";
import { applyFilter, type Filter, type Filters, refused } from "./registry.js";
import { textFilters } from "./text.js";
import { urlFilters } from "./urls.js";
import { yamlFilters } from "./yaml.js";

/** What Jinja2 and Ansible have besides, with what to do instead. */
const refusals: Record<string, string | undefined> = {
  striptags: undefined,
  urlize: undefined,
  pprint: undefined,
  expanduser: "The host's files are not known here",
  expandvars: "The host's environment is not known here",
  fileglob: "Files are not read here",
  realpath: "The host's files are not known here",
  to_datetime: undefined,
  strftime: "There is no clock here",
  vault: undefined,
  unvault: undefined,
};

const own: Filters = {
  ...Object.fromEntries(
    Object.entries(refusals).map(([name, remedy]) => [name, refused(name, remedy)]),
  ),
  ...textFilters,
  ...htmlFilters,
  ...listFilters,
  ...combinationFilters,
  ...dataFilters,
  ...yamlFilters,
  ...pathFilters,
  ...urlFilters,
  ...numberFilters,
  ...hashFilters,
  ...randomFilters,
};

export const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...qualified(own, builtinCollections),
  ...qualified(addressFilters, ["ansible.utils", "ansible.netcommon"]),
  ...qualified({ json_query: refused("json_query", "Use selectattr and map") }, [
    "community.general",
  ]),
]);

export function applyByName(
  name: string,
  value: Value,
  args: readonly Value[],
  keywords: Keywords,
): Value {
  return applyFilter(name, filterNamed(name), value, args, keywords);
}

/** For a filter whose name is an argument of another, as in `map('upper')`. */
export function applyToItem(
  name: string,
  value: Value,
  args: readonly Value[],
  keywords: Keywords,
): Value {
  const found = filterNamed(name);
  if (found.printedOnly) throw unsupported(`the filter ${name} of each item`);
  return applyFilter(name, found, value, args, keywords);
}

function filterNamed(name: string): Filter {
  const found = filters.get(name);
  if (!found) throw unknownName("filter", name, filters.keys());
  return found;
}

export function unknownTest(name: string): Fault {
  return unknownName("test", name, tests.keys());
}
