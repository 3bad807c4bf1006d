/**
 * Renders Jinja2 templates as Ansible's `template` module does, on nunjucks. What is not
 * supported is an error that names it: nothing is silently rendered in another way.
 */
import { throwAll } from "../../errors.js";
import { deployErrorsOf } from "./errors.js";
import { headerMark } from "./lexer.js";
import { fileSource, fileText, type Loader, Rendering, type Template } from "./rendering.js";
import { Scope } from "./scope.js";
import { Fault, type Source } from "./values.js";
import { isTemplate } from "./variables.js";

export type { Loader, Template } from "./rendering.js";
export { type Uses, usesOf } from "./uses.js";
export { Deferred, Float, Scoped, Tuple, Unsafe } from "./values.js";

/**
 * The template's text with the variables put in. Variables are JavaScript values: strings may be
 * templates themselves, unless {@link Unsafe}; a whole number is an int, and the float `1.0` is
 * `new Float(1)`; a dict is a `Map`, or an object where all keys are strings.
 *
 * Throws a `DeployError`, or `DeployErrors` for several undefined variables.
 */
export function render(
  template: Template,
  variables: Readonly<Record<string, unknown>>,
  loader?: Loader,
): string {
  let source: Source = { ...template, kind: "file" };
  const rendering = new Rendering(variables, loader);
  const faults: Fault[] = rendering.missing;
  let result = "";
  try {
    source = fileSource(template);
    if (!isTemplate(source.text) && !source.text.startsWith(headerMark)) return template.text;
    const nodes = rendering.run(source, new Scope(rendering.variables));
    result = fileText(source.text, nodes);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    faults.push(error);
  }
  throwAll(deployErrorsOf(faults, source));
  return result;
}
