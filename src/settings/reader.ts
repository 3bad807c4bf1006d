import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import leven from "leven";
import { DeployError, throwAll } from "../errors.js";
import { type Command, type Option, type OptionName, options } from "./options.js";
import type { RawOptions } from "./settings.js";
import * as values from "./values.js";

/** Reads options by name and gathers what is wrong with them, so that one run tells it all. */
export class Reader {
  private readonly errors: DeployError[] = [];

  constructor(private readonly raw: RawOptions) {}

  refuse(object: string, cause: string, remedy?: string): void {
    this.errors.push(
      new DeployError({
        phase: "settings",
        object,
        cause,
        ...(remedy === undefined ? {} : { remedy }),
      }),
    );
  }

  throwErrors(): void {
    throwAll(this.errors);
  }

  refuseUnknown(): void {
    const known = options.map((option): string => option.name);
    for (const name of Object.keys(this.raw)) {
      if (!known.includes(name))
        this.refuse(name, "there is no such option", didYouMean(name, known));
    }
    this.throwErrors();
  }

  /** An option that the command would ignore is a misunderstanding; say so. */
  refuseForeign(command: Command): void {
    this.throwErrors();
    for (const option of options as readonly Option[]) {
      const given = this.raw[option.name] ?? "";
      // A runner gives each input its default.
      if (
        given !== "" &&
        given !== option.default &&
        option.commands &&
        !option.commands.includes(command)
      ) {
        this.refuse(option.name, `\`${command}\` does not take it`);
      }
    }
  }

  /** The option's text, its default where none is given, "" where it has none. */
  text(name: OptionName): string {
    const option = find(name);
    const given = this.raw[name] ?? "";
    const text = given.trim() || (option.default ?? "");
    if (text !== "" && option.choices && !option.choices.includes(text)) {
      this.refuse(
        name,
        `"${text}" is not one of ${option.choices.join(", ")}`,
        didYouMean(text, option.choices),
      );
      return option.default ?? "";
    }
    return text;
  }

  /** The text to the byte, the white space around it too. */
  verbatim(name: OptionName): string {
    return this.raw[name] ?? "";
  }

  optional(name: OptionName): string | undefined {
    return this.text(name) || undefined;
  }

  lines(name: OptionName): readonly string[] {
    return values.lines(this.text(name));
  }

  boolean(name: OptionName): boolean {
    return this.read(name, values.boolean, "is neither true nor false") ?? false;
  }

  integer(name: OptionName): number {
    return this.read(name, values.integer, "is not a whole number") ?? 0;
  }

  /** ms; `least` where no time at all would make no sense. */
  duration(name: OptionName, least = 0): number {
    const time = this.read(name, values.duration, "is not a duration such as 10s or 2m") ?? least;
    if (time < least) this.refuse(name, `must be ${least} ms or more`);
    return time;
  }

  read<T>(
    name: OptionName,
    parse: (text: string) => T | undefined,
    complaint: string,
  ): T | undefined {
    const text = this.text(name);
    const value = text === "" ? undefined : parse(text);
    if (text !== "" && value === undefined) this.refuse(name, `"${text}" ${complaint}`);
    return value;
  }

  /** Text that is given as it is, or as the path of a file that holds it. */
  textOrFile(name: OptionName): string {
    const text = this.raw[name] ?? "";
    if (text.trim() === "" || /\s/.test(text.trim())) return text;
    const path = text.trim().replace(/^~(?=\/)/, homedir());
    try {
      return readFileSync(path, "utf8");
    } catch {
      this.refuse(name, "is neither a text of several words nor a file that can be read");
      return "";
    }
  }
}

function find(name: OptionName): Option {
  const option = (options as readonly Option[]).find((candidate) => candidate.name === name);
  if (!option) throw new Error(`no option ${name}`);
  return option;
}

function didYouMean(word: string, known: readonly string[]): string | undefined {
  const near = known
    .map((name) => ({ name, distance: leven(word, name) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= Math.max(2, word.length / 3)
    ? `Did you mean \`${near.name}\`?`
    : undefined;
}
