/** One complaint of Quadlet's generator, or of systemd about a unit that it made. */
export interface GeneratorMessage {
  /** The Quadlet file's name, `web.container`. */
  readonly unit: string;
  readonly text: string;
  /** What the complaint is about, where it names a key or a value. */
  readonly about?: { readonly section?: string; readonly key?: string; readonly value?: string };
}

/**
 * Reads what `quadlet -dryrun` prints. Podman 5.4 and 5.8 write, with or without a program's name
 * before it: `converting "web.container": unsupported key 'X' in group 'Container' in PATH`, or
 * `error loading "PATH", …`.
 */
export function generatorMessages(lines: readonly string[]): readonly GeneratorMessage[] {
  const seen = new Set<string>();
  return lines.flatMap((line): GeneratorMessage[] => {
    const [, unit = "", said = ""] =
      /converting "([^"]+)": (.*)$/.exec(line) ??
      /error loading "(?:.*\/)?([^"/]+)",? (.*)$/.exec(line) ??
      [];
    if (unit === "" || seen.has(`${unit}\t${said}`)) return [];
    seen.add(`${unit}\t${said}`);
    const text = said.replace(/ in \/\S+$/, "");
    const [, key, section] = /unsupported key '([^']+)' in group '([^']+)'/.exec(text) ?? [];
    const [, inKey] = /\b(?:in|for) (?:the )?(?:key )?(\w+)(?: key|=)/i.exec(text) ?? [];
    const [, reference] = /unit (\S+) was not found/.exec(text) ?? [];
    const [, type] = /invalid service Type '([^']*)'/.exec(text) ?? [];
    const about =
      key !== undefined && section !== undefined
        ? { key, section }
        : reference !== undefined
          ? { value: reference }
          : type !== undefined
            ? { section: "Service", key: "Type" }
            : inKey === undefined
              ? undefined
              : { key: inKey };
    return [{ unit, text, ...(about ? { about } : {}) }];
  });
}
