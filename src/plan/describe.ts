import type { Plan } from "./plan.js";

const marks = { added: "+", changed: "~", removed: "-", unchanged: " " } as const;

/** A plan as lines for people; names of keys only, and no file's content. */
export function describePlan(plan: Plan): readonly string[] {
  const files = plan.files
    .filter((file) => file.change !== "unchanged")
    .map((file) => `${marks[file.change]} ${file.path}${file.source ? `  (${file.source})` : ""}`);
  const env = [
    ...(plan.env.set.length > 0 ? [`sets ${plan.env.set.join(", ")}`] : []),
    ...(plan.env.removed?.length ? [`removes ${plan.env.removed.join(", ")}`] : []),
    ...(plan.env.kept.length > 0 ? [`keeps ${plan.env.kept.join(", ")}`] : []),
  ];
  const services = plan.services
    .filter((service) => service.action !== "keep")
    .map((service) => `${service.action} ${service.name}: ${service.why.join("; ")}`);
  const adopting = plan.adopting.map(({ path }) => `takes over ${path}`);
  const lines = [
    ...(plan.change === "switch" ? [`returns to release ${plan.release}`] : []),
    ...adopting,
    ...files,
    ...(env.length > 0 ? [`.env ${env.join("; ")}`] : []),
    ...services,
  ];
  return lines.length > 0 ? lines : ["nothing changes"];
}
