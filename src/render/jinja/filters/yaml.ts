/** Filters that write and read YAML. */
import { parseAllDocuments } from "yaml";
import { loadYaml } from "../load-yaml.js";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { Dict, Fault, Float, Unsafe, unsupported, type Value } from "../values.js";
import { writeYaml } from "../yaml.js";
import { type Filters, filter } from "./registry.js";

export const yamlFilters: Filters = {
  to_yaml: filter(yamlParameters("default_flow_style"), (value, args) =>
    writeYaml(value, { indent: args.optionalInt("indent") ?? 2, ...yamlOptions(args, null) }),
  ),
  to_nice_yaml: filter(yamlParameters(), (value, args) =>
    writeYaml(value, {
      // None is PyYAML's own choice.
      indent: args.get("indent") === null ? 2 : args.int("indent", 4),
      ...yamlOptions(args, false),
    }),
  ),
  from_yaml: filter([], (value) => (typeof value === "string" ? read(value) : value)),
  from_yaml_all: filter([], (value) => {
    if (typeof value !== "string") return value;
    return parseAllDocuments(value, { version: "1.1" }).map((document) =>
      read(value.slice(document.range[0], document.range[2])),
    );
  }),
};

function yamlParameters(...more: string[]): string[] {
  return ["indent", "sort_keys", "width", "explicit_start", ...more];
}

function yamlOptions(args: Args, flow: boolean | null) {
  const style = args.get("default_flow_style");
  return {
    sortKeys: args.flag("sort_keys", true),
    width: args.optionalInt("width") ?? 80,
    explicitStart: args.flag("explicit_start"),
    flow: style === undefined ? flow : style === null ? null : python.truth(style),
  };
}

function read(text: string): Value {
  let data: unknown;
  try {
    data = loadYaml(text);
  } catch (error) {
    throw new Fault(`this is no YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  return asValue(data);
}

/** Data of a document as values of templates; texts in it are no templates. */
function asValue(data: unknown): Value {
  if (data === null || data === undefined) return null;
  if (typeof data === "string" || typeof data === "boolean" || data instanceof Float) return data;
  if (typeof data === "bigint" || typeof data === "number") return python.int(data);
  if (data instanceof Unsafe) return data.text;
  if (Array.isArray(data)) return data.map(asValue);
  if (data instanceof Map) {
    return Dict.of([...data].map(([key, value]) => [asValue(key), asValue(value)]));
  }
  throw unsupported(data instanceof Date ? "a date in YAML" : "a YAML value of this type");
}
