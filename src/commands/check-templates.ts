import { type CheckedTemplate, checkTemplates } from "../render/check-templates.js";
import { findSources } from "../render/sources.js";
import { templateVariables } from "../render/variables.js";
import type { TemplateCheckSettings } from "../settings/settings.js";
import { inventoryVariables } from "./build.js";
import type { Context } from "./context.js";

/**
 * What every template uses, and whether it renders for each host.
 *
 * @throws {DeployError | DeployErrors} phases `settings`, `sources` and `render`: what concerns no
 *   single template
 */
export function checkTheTemplates(
  { content, hosts }: TemplateCheckSettings,
  { stacks }: Context,
): readonly CheckedTemplate[] {
  const names = content.inventory === undefined ? [""] : hosts;
  return checkTemplates(
    findSources(content, stacks),
    names.map((name) => ({
      name,
      variables: templateVariables(content, inventoryVariables(content, name, hosts)),
    })),
  );
}
