/** What a program on the host says, a line each; see programs/common.sh. */
export interface Event {
  readonly name: string;
  readonly fields: readonly string[];
}

/** The event in a line; `undefined` for what the login's shell or a tool printed. */
export function parseEvent(line: string, token: string): Event | undefined {
  const [mark, name, ...fields] = line.split("\t");
  return mark === token && name !== undefined ? { name, fields } : undefined;
}

/** Field number `index`; "" where the event has fewer. */
export function field(event: Event, index: number): string {
  return event.fields[index] ?? "";
}

/** Free text, which travels as base64; control characters that could drive a terminal are dropped. */
export function freeText(event: Event, index: number): string {
  const text = Buffer.from(field(event, index), "base64").toString("utf8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}

export function textLines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
