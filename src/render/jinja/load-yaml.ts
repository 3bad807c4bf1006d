/** YAML as Ansible reads it (YAML 1.1 by PyYAML), in the values that {@link render} takes. */
import { isScalar, parseDocument, type ScalarTag, type Tags, visit } from "yaml";
import { Float, Unsafe } from "./values.js";

const floatPattern =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

const float: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  test: floatPattern,
  resolve: (text) => new Float(toNumber(text.toLowerCase().replaceAll("_", ""))),
};

const boolean: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:yes|true|on)$/i.test(text),
};

const unsafe: ScalarTag = { tag: "!unsafe", resolve: (text) => new Unsafe(text) };

function toNumber(text: string): number {
  if (text.endsWith(".nan")) return Number.NaN;
  if (text.endsWith(".inf")) {
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return Number(text);
}

function isReplaced(tag: Tags[number]): boolean {
  return typeof tag === "object" && /:(?:float|bool)$/.test(tag.tag ?? "");
}

/**
 * The document in `text`: dicts as Maps, whole numbers as numbers or bigints, floats as
 * {@link Float}, `!unsafe` strings as {@link Unsafe}; `moreTags` are the caller's own. Throws the YAML parser's error.
 */
export function loadYaml(text: string, moreTags: readonly ScalarTag[] = []): unknown {
  const document = parseDocument(text, {
    version: "1.1",
    intAsBigInt: true,
    uniqueKeys: false,
    customTags: (tags) => [
      ...moreTags,
      float,
      boolean,
      unsafe,
      ...tags.filter((tag) => !isReplaced(tag)),
    ],
  });
  const [error] = document.errors;
  if (error) throw error;
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === "bigint") {
        const value = Number(node.value);
        if (Number.isSafeInteger(value)) node.value = value;
      }
    },
  });
  return document.toJS({ mapAsMap: true });
}
