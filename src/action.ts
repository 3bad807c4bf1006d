import { join, resolve } from "node:path";
import * as core from "@actions/core";
import { cancelledBySignals } from "./commands/cancel.js";
import { carryOut } from "./commands/carry-out.js";
import type { Context } from "./commands/context.js";
import { deployErrors } from "./errors.js";
import { annotate, annotateFindings } from "./report/annotations.js";
import { jobOf } from "./report/job.js";
import { narrator } from "./report/narrator.js";
import { outputsOf } from "./report/outputs.js";
import { planPage } from "./report/plan-page.js";
import { planText } from "./report/plan-text.js";
import { problemLines } from "./report/problems.js";
import { type Redact, redactor } from "./report/redact.js";
import { type Report, sentence, succeeded } from "./report/report.js";
import { failurePage, summaryPage } from "./report/summary.js";
import { type Teller, teller } from "./report/tell-github.js";
import { readSettings } from "./settings/read.js";
import { readReporting } from "./settings/reporting.js";
import { secretsIn } from "./settings/secrets.js";
import type { RawOptions } from "./settings/settings.js";

/** Reads the inputs, deploys, and reports; sets the exit code instead of throwing. */
export async function run(): Promise<void> {
  try {
    await deployFromInputs();
  } catch (error) {
    core.setFailed(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

async function deployFromInputs(): Promise<void> {
  const raw = readInputs();
  const secrets = new Set<string>();
  const onSecret = (text: string) => {
    secrets.add(text);
    // GitHub masks its own secrets; these may come from elsewhere.
    if (text.trim().length >= 6) core.setSecret(text);
  };
  for (const secret of secretsIn(raw)) onSecret(secret);
  const redact = redactor(secrets);
  let github: Teller | undefined;
  try {
    const settings = readSettings(raw, {
      workspace: resolve(process.env.GITHUB_WORKSPACE ?? "."),
      ...(process.env.GITHUB_REPOSITORY ? { repository: process.env.GITHUB_REPOSITORY } : {}),
      onSecret,
    });
    if (settings.command === "render") throw new Error("the action has no render");
    const job = jobOf(process.env);
    const { app, environment } = settings.content;
    github = teller(readReporting(raw), job, { command: settings.command, app, environment }, warn);
    const context: Context = {
      stacks: join(__dirname, "../templates"),
      narrator: narrator(process.stdout, redact),
      now: () => new Date(),
      actor: process.env.GITHUB_ACTOR ?? "",
      run: job?.runUrl ?? "",
      cancel: cancelledBySignals(),
    };
    await github.begin();
    const report = await carryOut(settings, context);
    const page = await publish(report, redact);
    await github.end(report, page);
    if (!succeeded(report)) process.exitCode = core.ExitCode.Failure;
  } catch (error) {
    const errors = deployErrors(error);
    if (errors.length === 0) throw error;
    for (const line of problemLines(errors, redact)) core.info(line);
    annotate(errors, redact);
    core.setOutput("healthy", "false");
    await writeSummary(failurePage(errors, redact));
    await github?.fail(redact(errors[0]?.message ?? ""));
    process.exitCode = core.ExitCode.Failure;
  }
}

/** Log, annotations, outputs and summary; answers with the summary's page. */
async function publish(report: Report, redact: Redact): Promise<string> {
  const plans = report.command === "plan";
  if (plans) for (const line of planText(report, redact, (text) => text)) core.info(line);
  for (const [name, value] of Object.entries(outputsOf(report, redact))) {
    core.setOutput(name, value);
  }
  const errors = report.hosts.flatMap((host) => host.errors);
  for (const line of problemLines(errors, redact)) core.info(line);
  if (!plans) core.info(redact(sentence(report)));
  annotate(errors, redact);
  annotateFindings(report.findings, redact);
  const page = plans ? planPage(report, redact) : summaryPage(report, redact);
  await writeSummary(page);
  return page;
}

function warn(text: string): void {
  core.warning(text, { title: "quadlet-deploy" });
}

/** Every input that the workflow gives, those with a name unknown here too: they are typing errors. */
function readInputs(): RawOptions {
  return Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith("INPUT_"))
      .map((name) => name.slice("INPUT_".length).toLowerCase())
      .map((name) => [name, core.getInput(name, { trimWhitespace: false })]),
  );
}

async function writeSummary(page: string): Promise<void> {
  if (process.env.GITHUB_STEP_SUMMARY) await core.summary.addRaw(page).write();
}

// GitHub runs this file; tools that emulate it import the file and call `run` themselves.
if (require.main === module) void run();
