import { plain } from "../host/events.js";

/**
 * Text from outside as lines that are safe to print: no line end hides in them, and none holds
 * a workflow command of the old form, which the runner takes anywhere in a line (actions/runner,
 * ActionCommand.cs). The new form counts at a line's start alone, so whoever prints these lines
 * puts a word before each.
 */
export function inertLines(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/).map((line) => plain(line).replaceAll("##[", "# #["));
}
