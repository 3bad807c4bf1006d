/** `value.name` and `value[key]`, as Jinja2 looks them up. */
import { hasMethod, method } from "./methods.js";
import * as python from "./python.js";
import {
  Blank,
  Dict,
  Float,
  Group,
  Range,
  Special,
  Undefined,
  undefinedFault,
  type Value,
} from "./values.js";

/**
 * `target.name`: an attribute of the Python object, or else what it holds under that key. Nothing
 * of a JavaScript object can be reached.
 */
export function attributeOf(target: Value, name: string, path: string): Value {
  if (target instanceof Undefined) return target;
  if (target instanceof Blank) throw undefinedFault(target);
  return (
    ownAttribute(target, name) ??
    heldUnder(target, name) ??
    missing(target, name, path, "attribute")
  );
}

/** `target | attr(name)`: an attribute of the Python object and nothing else. */
export function onlyAttributeOf(target: Value, name: string): Value {
  if (target instanceof Undefined) return target;
  if (target instanceof Blank) throw undefinedFault(target);
  return ownAttribute(target, name) ?? missing(target, name, "", "attribute");
}

/** `target[key]`: what it holds under that key, or else its attribute. */
export function itemOf(target: Value, key: Value, path: string): Value {
  if (target instanceof Undefined) return target;
  if (target instanceof Blank) throw undefinedFault(target);
  if (key instanceof Undefined) return key;
  const value = heldUnder(target, key);
  if (value !== undefined) return value;
  if (typeof key !== "string") return missing(target, python.repr(key), path, "item");
  return ownAttribute(target, key) ?? missing(target, key, path, "item");
}

function ownAttribute(target: Value, name: string): Value | undefined {
  if (target instanceof Special) return target.attribute(name);
  if (target instanceof Group) return target.named(name);
  return hasMethod(target, name) ? method(target, name) : undefined;
}

function heldUnder(target: Value, key: Value): Value | undefined {
  if (target instanceof Dict) return python.isHashable(key) ? target.get(key) : undefined;
  if (typeof key !== "number" && typeof key !== "boolean") return undefined;
  return python.at(target, Number(key));
}

function missing(target: Value, key: string, path: string, kind: "attribute" | "item"): Undefined {
  const whole = path ? (kind === "attribute" ? `${path}.${key}` : `${path}[${key}]`) : "";
  const owner = path || python.article(python.typeName(target));
  return new Undefined({ path: whole, cause: reason(target, key, owner), known: keysOf(target) });
}

function reason(target: Value, key: string, owner: string): string {
  if (target instanceof Dict) return `${owner} has no key ${key}`;
  if (Array.isArray(target) || target instanceof Range) {
    if (/^-?\d+$/.test(key)) {
      return `${owner} has no item ${key}: it has ${python.length(target)}`;
    }
  }
  if (target === null) return `${owner} is None and has no ${key}`;
  const isScalar = typeof target !== "object" || target instanceof Float;
  const type = python.article(python.typeName(target));
  return isScalar ? `${owner} is ${type} and has no ${key}` : `${owner} has no ${key}`;
}

function keysOf(target: Value): string[] {
  if (target instanceof Special) return [...target.attributes()];
  if (!(target instanceof Dict)) return [];
  return target.keys().filter((key) => typeof key === "string");
}
