/** What a program on the host says, a line each; see programs/common.sh. */
export interface Event {
  readonly name: string;
  readonly fields: readonly string[];
}

/** The event in a line; `undefined` for what the login's shell or a tool printed. */
export function parseEvent(line: string, token: string): Event | undefined {
  const [mark, name, ...fields] = line.split("\t");
  return mark === token && name !== undefined ? { name, fields: fields.map(plain) } : undefined;
}

/** Field number `index`; "" where the event has fewer. */
export function field(event: Event, index: number): string {
  return event.fields[index] ?? "";
}

/** Free text, which travels as base64. */
export function freeText(event: Event, index: number): string {
  return plain(Buffer.from(field(event, index), "base64").toString("utf8"));
}

/** Without characters that drive a terminal, end a line in secret or turn the direction of text. */
export function plain(text: string): string {
  return text.replace(/(?![\t\n])(?:\p{Cc}\[[0-9;?]*[A-Za-z]|[\p{Cc}\p{Bidi_Control}])/gu, "");
}

export function textLines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
