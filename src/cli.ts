import { join } from "node:path";
import { Chalk } from "chalk";
import { Command, Option as CommandOption } from "commander";
import { version } from "../package.json";
import { cancelledBySignals } from "./commands/cancel.js";
import { carryOut } from "./commands/carry-out.js";
import { checkTheTemplates } from "./commands/check-templates.js";
import type { Context } from "./commands/context.js";
import { renderTo } from "./commands/render.js";
import { deployErrors } from "./errors.js";
import { errorsJson, reportJson, templatesJson } from "./report/json.js";
import { narrator } from "./report/narrator.js";
import { type Paint, planText } from "./report/plan-text.js";
import { problemLines } from "./report/problems.js";
import { redactor } from "./report/redact.js";
import { type Report, sentence, succeeded, wouldChange } from "./report/report.js";
import { renders, templatesText } from "./report/templates-text.js";
import { type Command as CommandName, type Option, options } from "./settings/options.js";
import { readSettings } from "./settings/read.js";
import { secretsIn } from "./settings/secrets.js";
import type { RawOptions } from "./settings/settings.js";

const about: Readonly<Record<CommandName, string>> = {
  deploy: "ship the units to the hosts, and prove that they are healthy",
  plan: "say what a deploy would change, and why; exit with 2 where it would, 0 where not, 1 for errors",
  rollback: "return the hosts to a release that they keep",
  render: "write every file of the release below --out, and touch no host",
};

const program = new Command("quadlet-deploy")
  .description("Deploys Podman Quadlet units to hosts over SSH.")
  .version(version)
  .showHelpAfterError("(quadlet-deploy --help lists the commands)");

for (const name of Object.keys(about) as CommandName[]) {
  const command = program.command(name).description(about[name]);
  for (const option of options as readonly Option[]) {
    const taken = option.commands === undefined || option.commands.includes(name);
    if (option.door !== "action" && taken) command.addOption(commandOption(option));
  }
  command.action(async (given: Readonly<Record<string, unknown>>) => {
    await run(name, texts(given));
  });
}

function commandOption(option: Option): CommandOption {
  const word =
    option.type === "boolean" ? `[true|false]` : `<${option.choices?.join("|") ?? option.type}>`;
  const made = new CommandOption(`--${option.name} ${word}`, plain(option));
  if (option.type === "boolean") made.preset("true");
  if (option.secret) made.env(`QUADLET_DEPLOY_${option.name.toUpperCase().replaceAll("-", "_")}`);
  return option.type === "lines"
    ? made.argParser((value, before?: string) =>
        before === undefined ? value : `${before}\n${value}`,
      )
    : made;
}

function plain(option: Option): string {
  const help = option.help.replaceAll("`", "");
  return option.default === undefined ? help : `${help} (default: ${option.default})`;
}

/** Commander keeps `--ssh-key` as `sshKey`. */
function texts(given: Readonly<Record<string, unknown>>): RawOptions {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      String(value),
    ]),
  );
}

async function run(command: CommandName, raw: RawOptions): Promise<void> {
  const json = raw.json === "true";
  const secrets = new Set(secretsIn(raw));
  const redact = redactor(secrets);
  try {
    const around = { workspace: process.cwd(), onSecret: (text: string) => secrets.add(text) };
    const settings = readSettings(raw, around, command);
    const context: Context = {
      stacks: join(__dirname, "../templates"),
      narrator: narrator(process.stderr, redact),
      now: () => new Date(),
      actor: process.env.USER ?? "",
      run: "",
      cancel: cancelledBySignals(),
    };
    if (settings.command === "render" && settings.check) {
      const templates = checkTheTemplates(settings, context);
      if (json) console.log(templatesJson(templates, redact));
      else
        for (const line of templatesText(templates, redact, paintFor(process.stdout))) {
          console.log(line);
        }
      process.exitCode = templates.every(renders) ? 0 : 1;
      return;
    }
    if (settings.command === "render") {
      const paths = renderTo(settings, context);
      console.log(
        json ? JSON.stringify({ version: 1, command, ok: true, paths }) : paths.join("\n"),
      );
      return;
    }
    const report = await carryOut(settings, context);
    if (json) console.log(reportJson(report, redact));
    else if (report.command === "plan") {
      for (const line of planText(report, redact, paintFor(process.stdout))) console.log(line);
    }
    for (const line of problemLines(
      report.hosts.flatMap((host) => host.errors),
      redact,
    ))
      console.error(line);
    if (!json && report.command !== "plan") console.log(sentence(report));
    process.exitCode = exitCode(report);
  } catch (error) {
    const errors = deployErrors(error);
    if (errors.length === 0) throw error;
    if (json) console.log(errorsJson(command, errors, redact));
    for (const line of problemLines(errors, redact)) console.error(line);
    process.exitCode = 1;
  }
}

/** As `terraform plan -detailed-exitcode`: a plan that would change something is 2. */
function exitCode(report: Report): number {
  if (!succeeded(report)) return 1;
  return report.command === "plan" && report.hosts.some(wouldChange) ? 2 : 0;
}

/** Lines of a plan in the colours of a diff, on a terminal that has them. */
function paintFor(stream: NodeJS.WriteStream): Paint {
  const colours = new Chalk({ level: stream.isTTY && !process.env.NO_COLOR ? 1 : 0 });
  return (line) => {
    if (/^(\+|start |✓ )/.test(line)) return colours.green(line);
    if (/^(-|stop |✗ )/.test(line)) return colours.red(line);
    if (/^(~|restart |warning: )/.test(line)) return colours.yellow(line);
    return line.startsWith("@@") ? colours.cyan(line) : line;
  };
}

program.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
