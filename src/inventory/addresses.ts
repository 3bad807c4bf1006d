/** Host names of inventories: with a port, in IPv6, and with ranges that stand for many. */
const numbers = String.raw`\[(?:[0-9]+:[0-9]+)(?::[0-9]+)?\]`;
const hexadecimals = String.raw`\[(?:[0-9a-f]+:[0-9a-f]+)(?::[0-9]+)?\]`;
const letters = String.raw`\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`;
const v6 = `(?:[0-9a-f]{1,4}|${hexadecimals})`;
const v4 = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|${numbers})`;
const word = String.raw`[\p{L}\p{N}_]`;
const label = `(?:${word}|${letters})(?:${word}|-|${letters})*(?<![_-])`;

/** The addresses that Ansible knows; as there, only the last form of IPv6 has to end the text. */
const forms = [
  `(?:${v4}\\.){3}${v4}$`,
  `(?:${v6}:){7}${v6}`,
  `(?:${v6}:){1,6}:`,
  `${v6}:(?::${v6}){1,6}`,
  `(?:${v6}:){2}(?::${v6}){1,5}`,
  `(?:${v6}:){3}(?::${v6}){1,4}`,
  `(?:${v6}:){4}(?::${v6}){1,3}`,
  `(?:${v6}:){5}(?::${v6}){1,2}`,
  `(?:${v6}:){6}(?::${v6})`,
  `:(?::${v6}){1,6}`,
  `${v6}?::`,
  `(?:0:){6}(?:${v6}\\.){3}${v6}`,
  `::(?:ffff:)?(?:${v6}\\.){3}${v6}`,
  `(?:0:){5}ffff:(?:${v6}\\.){3}${v6}$`,
  `${label}(?:\\.${label})*$`,
];
const address = new RegExp(`^(?:${forms.join("|")})`, "iu");

export interface Address {
  readonly host: string;
  readonly port?: number;
}

/** The host and its port, or undefined where the text is no address. Ranges may be in it. */
export function parseAddress(text: string): Address | undefined {
  let host = text;
  let port: number | undefined;
  for (const form of [/^\[(.+)\]:([0-9]+)$/, /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/]) {
    const match = form.exec(host);
    if (!match) continue;
    host = match[1] as string;
    port = Number(match[2]);
  }
  if (!address.test(host)) return undefined;
  return port === undefined ? { host } : { host, port };
}

/** The hosts that a name in an inventory stands for. */
export function expandHosts(text: string): { hosts: string[]; port?: number } {
  const { host, port } = parseAddress(text) ?? { host: text };
  const hosts = host.includes("[") ? expandRange(host) : [host];
  return port === undefined ? { hosts } : { hosts, port };
}

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const tooMany = 10_000;

function expandRange(text: string): string[] {
  const match = /^([^[]*)\[([^\]]*)\](.*)$/.exec(text);
  if (!match) throw new Error(`the range in ${text} has no end`);
  const [, head = "", range = "", tail = ""] = match;
  const items = rangeItems(range);
  const names = items.map((item) => head + item + tail);
  const all = names.flatMap((name) => (name.includes("[") ? expandRange(name) : [name]));
  if (all.length > tooMany) throw new Error(`${text} stands for more than ${tooMany} hosts`);
  return all;
}

function rangeItems(range: string): string[] {
  const bounds = range.split(":");
  if (bounds.length !== 2 && bounds.length !== 3) {
    throw new Error(`the host range [${range}] must be begin:end or begin:end:step`);
  }
  const begin = bounds[0] || "0";
  const end = bounds[1] ?? "";
  if (end === "") throw new Error(`the host range [${range}] must say where it ends`);
  const isPadded = begin.startsWith("0") && begin.length > 1;
  if (isPadded && begin.length !== end.length) {
    throw new Error(`begin and end of the host range [${range}] must be equally long`);
  }
  const step = bounds[2] === undefined ? 1 : integer(bounds[2], range);
  if (step === 0) throw new Error(`the step of the host range [${range}] is 0`);
  const first = alphabet.indexOf(begin);
  const last = alphabet.indexOf(end);
  if (first >= 0 && last >= 0) {
    if (first > last) throw new Error(`the host range [${range}] must not begin after its end`);
    return [...alphabet.slice(first, last + 1)].filter((_, index) => index % step === 0);
  }
  const items: string[] = [];
  for (let item = integer(begin, range); item <= integer(end, range); item += step) {
    items.push(isPadded ? String(item).padStart(begin.length, "0") : String(item));
    if (items.length > tooMany) throw new Error(`[${range}] stands for more than ${tooMany} hosts`);
  }
  return items;
}

function integer(text: string, range: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`"${text}" in the host range [${range}] is no number`);
  return Number(text);
}
