/** One complaint of `systemd-analyze verify`. */
export interface VerifyMessage {
  /** As systemd names it: the whole path of a file, or a unit's name alone. */
  readonly file: string;
  readonly line?: number;
  readonly text: string;
}

/**
 * Reads what `systemd-analyze verify` prints (seen of systemd 257 and 262): `PATH:10: Unknown key
 * 'X' in section [Service], ignoring.`, `web.service: Service has more than one ExecStart= …`.
 */
export function verifyMessages(lines: readonly string[]): readonly VerifyMessage[] {
  const seen = new Set<string>();
  return lines.flatMap((line): VerifyMessage[] => {
    const [, file = "", number, text = ""] =
      /^(\/[^:]*|[\w@.\\:-]+\.(?:service|timer|socket|target|path|slice|mount|conf)):(?:(\d+):)? (.*)$/.exec(
        line.trim(),
      ) ?? [];
    if (file === "" || seen.has(line.trim())) return [];
    seen.add(line.trim());
    return [{ file, ...(number === undefined ? {} : { line: Number(number) }), text }];
  });
}
