import { type Option, options } from "./options.js";
import type { RawOptions } from "./settings.js";
import { lines } from "./values.js";

/**
 * The values that may be shown nowhere: secret options, and what `env` sets. Values of fewer
 * than six characters ("1", "true", "web") are words of every log; masking them would hide
 * nothing and make the log unreadable.
 */
export function secretsIn(raw: RawOptions): readonly string[] {
  const given = (options as readonly Option[])
    .filter((option) => option.secret && option.name !== "env")
    .map((option) => raw[option.name] ?? "");
  const env = lines(raw.env ?? "").map((line) => line.slice(line.indexOf("=") + 1));
  return [...given, ...env].map((value) => value.trim()).filter((value) => value.length >= 6);
}
