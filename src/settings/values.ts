import ms from "ms";

/** Readers of single values: each returns `undefined` for text that it cannot read. */

/** Milliseconds of `500ms`, `10s`, `2m`, `1h`; a bare number is seconds. */
export function duration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^\d+(\.\d+)?\s*(ms|s|m|min|h)$/.test(text)) return undefined;
  return ms(text as ms.StringValue);
}

export function integer(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The spellings of YAML 1.2's core schema, as `core.getBooleanInput` takes them. */
export function boolean(text: string): boolean | undefined {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  return undefined;
}

/** Non-empty lines without the white space around them; lines that start with `#` are comments. */
export function lines(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

export interface Target {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** `[user@]host[:port]`, an IPv6 address in brackets when a port follows. */
export function target(text: string): Target | undefined {
  const match =
    /^(?:(?<user>[^@\s]+)@)?(?:\[(?<v6>[0-9A-Fa-f:.%\w-]+)\]|(?<bare6>[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.%\w-]*)|(?<name>[^\s:@[\]]+))(?::(?<port>\d{1,5}))?$/.exec(
      text,
    );
  const { user, v6, bare6, name, port } = match?.groups ?? {};
  const host = v6 ?? bare6 ?? name;
  if (host === undefined || host.startsWith("-")) return undefined;
  if (port !== undefined && !isPort(Number(port))) return undefined;
  return {
    host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** `200`, `200,204`, `200-299`, `2xx`. */
export function statusRanges(text: string): readonly StatusRange[] | undefined {
  const ranges = text.split(",").map((part): StatusRange | undefined => {
    const word = part.trim();
    const klass = /^([1-5])xx$/i.exec(word)?.[1];
    if (klass) return { from: Number(klass) * 100, to: Number(klass) * 100 + 99 };
    const [, from, to] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(word) ?? [];
    if (from === undefined) return undefined;
    const range = { from: Number(from), to: Number(to ?? from) };
    return range.from <= range.to ? range : undefined;
  });
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}
