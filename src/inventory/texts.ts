/** The files of an inventory: which there are, and what is in them. */
import { parseDocument, type ScalarTag, YAMLParseError } from "yaml";
import { Deferred, Unsafe } from "../render/jinja/index.js";
import { loadYaml } from "../render/jinja/load-yaml.js";
import { reason, refused } from "./errors.js";
import { decrypt, isVault } from "./vault.js";

/** Paths have slashes; whoever reads decides what they are relative to. */
export interface Reader {
  /** The file's text, the names in a directory, or nothing. */
  read(path: string): { readonly text: string } | { readonly names: readonly string[] } | undefined;
}

export function noYaml(file: string, error: unknown): Error {
  const at = error instanceof YAMLParseError ? error.linePos?.[0] : undefined;
  const location = at ? { file, line: at.line, column: at.col } : { file };
  return refused(`this is no YAML: ${reason(error)}`, { location });
}

const advice = "Give the password as `vault-password`.";

export class Texts {
  readonly #reader: Reader;
  readonly #passwords: readonly string[];

  readonly #warnings: string[];

  /** What is odd but no error is added to `warnings`. */
  constructor(reader: Reader, passwords: readonly string[], warnings: string[]) {
    this.#warnings = warnings;
    this.#reader = reader;
    this.#passwords = passwords;
  }

  names(path: string): readonly string[] | undefined {
    const found = this.#reader.read(path);
    return found && "names" in found ? found.names : undefined;
  }

  /** The file's text, decrypted where the whole file is a vault. */
  text(path: string): string | undefined {
    const found = this.#reader.read(path);
    if (!found || !("text" in found)) return undefined;
    return isVault(found.text)
      ? this.#decrypt(found.text, path, "the file is a vault")
      : found.text;
  }

  /** A YAML text of the file, with its vaulted values read when they are used. */
  yaml(path: string, text: string): unknown {
    const vault: ScalarTag = {
      tag: "!vault",
      resolve: (ciphertext) =>
        new Deferred(
          (name) => new Unsafe(this.#decrypt(ciphertext, path, `the variable ${name} is a vault`)),
        ),
    };
    this.#warnOfDuplicates(path, text);
    return loadYaml(text, [vault, { ...vault, tag: "!vault-encrypted" }]);
  }

  /** The last of two equal keys counts, which is seldom what was meant. */
  #warnOfDuplicates(path: string, text: string): void {
    const { errors } = parseDocument(text, { version: "1.1", logLevel: "silent" });
    for (const error of errors.filter(({ code }) => code === "DUPLICATE_KEY")) {
      const warning = `${path}:${error.linePos?.[0].line}: this key is here twice; the last counts`;
      if (!this.#warnings.includes(warning)) this.#warnings.push(warning);
    }
  }

  /** The variables in a file; an empty one has none. */
  variables(path: string): Map<string, unknown> {
    let data: unknown;
    try {
      data = this.yaml(path, this.text(path) ?? "");
    } catch (error) {
      if (!(error instanceof Error) || error.name === "DeployError") throw error;
      throw noYaml(path, error);
    }
    if (data === null || data === undefined) return new Map();
    if (!(data instanceof Map)) {
      throw refused("a file of variables must be a dictionary", { location: { file: path } });
    }
    return new Map([...data].map(([key, value]) => [String(key), value]));
  }

  #decrypt(ciphertext: string, file: string, what: string): string {
    if (this.#passwords.length === 0) {
      throw refused(`${what}, and there is no password for it`, {
        location: { file },
        remedy: advice,
      });
    }
    try {
      return decrypt(ciphertext, this.#passwords);
    } catch (error) {
      throw refused(`${what}: ${reason(error)}`, { location: { file }, remedy: advice });
    }
  }
}

const extensions = [".yml", ".yaml", ".json"];

/** The files of variables that `group_vars/` or `host_vars/` has for a name, in their order. */
export function variableFiles(texts: Texts, folder: string, name: string): string[] {
  for (const extension of ["", ...extensions]) {
    const path = join(folder, name + extension);
    if (texts.names(path)) return filesBelow(texts, path);
    if (texts.text(path) !== undefined) return [path];
  }
  return [];
}

function filesBelow(texts: Texts, folder: string): string[] {
  return [...(texts.names(folder) ?? [])].sort().flatMap((name) => {
    if (name.startsWith(".") || name.endsWith("~")) return [];
    const extension = /[^.](\.[^.]*)$/.exec(name)?.[1] ?? "";
    const path = join(folder, name);
    if (texts.names(path)) return extension === "" ? filesBelow(texts, path) : [];
    return extension === "" || extensions.includes(extension) ? [path] : [];
  });
}

export function join(folder: string, name: string): string {
  return folder === "" || folder === "." ? name : `${folder.replace(/\/$/, "")}/${name}`;
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash) || "/";
}
