import type { Report } from "../report/report.js";
import type { RenderSettings, Settings, TemplateCheckSettings } from "../settings/settings.js";
import type { Context } from "./context.js";
import { deploy } from "./deploy.js";
import { planDeploy } from "./plan.js";
import { rollback } from "./rollback.js";

/** Carries out a command that ends in a report. */
export function carryOut(
  settings: Exclude<Settings, RenderSettings | TemplateCheckSettings>,
  context: Context,
): Promise<Report> {
  switch (settings.command) {
    case "deploy":
      return deploy(settings, context);
    case "plan":
      return planDeploy(settings, context);
    case "rollback":
      return rollback(settings, context);
  }
}
