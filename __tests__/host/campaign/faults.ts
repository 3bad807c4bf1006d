import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "./job.js";
import { APP } from "./releases.js";
import type { Site } from "./site.js";
import type { Transaction } from "./transaction.js";

/** What a fault strikes, while the host waits at a step. */
export interface Scene {
  readonly site: Site;
  readonly job: Job;
  readonly transaction: Transaction;
}

export interface Fault {
  readonly name: string;
  /** For the page: what is done. */
  readonly text: string;
  /** Whether the runner lives to tell how it ended. */
  readonly runnerLives: boolean;
  /** Whether the host hears of the runner no more. */
  readonly silencesRunner: boolean;
  /** Whether the host's transaction dies of it. */
  readonly hostDies: boolean;
  /** Whether every service starts again because of the fault itself. */
  readonly restartsAll: boolean;
  /** Whether the host has begun the step's work when it is struck. */
  readonly midStep?: boolean;
  /** Strikes, and lets the host go on. */
  strike(scene: Scene): Promise<void>;
}

/** Milliseconds for which the network is dead: keepalive gives up after 15 s of silence. */
const SILENCE = 20_000;

const runnerKilled: Fault = {
  name: "runner killed",
  text: "SIGKILL to the action's process",
  runnerLives: false,
  silencesRunner: true,
  hostDies: false,
  restartsAll: false,
  async strike({ job, transaction }) {
    job.kill();
    await job.ended;
    await transaction.letGo();
  },
};

const transactionKilled: Fault = {
  name: "transaction killed",
  text: `SIGKILL to the main process of \`quadlet-deploy@${APP}.service\``,
  runnerLives: true,
  silencesRunner: false,
  hostDies: true,
  restartsAll: false,
  async strike({ site, transaction }) {
    await killMain(site, `quadlet-deploy@${APP}.service`);
    await transaction.letGo();
  },
};

const guardKilled: Fault = {
  name: "guard killed",
  text: `SIGKILL to the main process of \`quadlet-deploy-guard@${APP}.service\` while it puts the old release back`,
  runnerLives: true,
  silencesRunner: false,
  hostDies: true,
  restartsAll: false,
  async strike({ site, transaction }) {
    await killMain(site, `quadlet-deploy-guard@${APP}.service`);
    await transaction.letGo();
  },
};

const connectionCut: Fault = {
  name: "connection cut",
  text: "every connection is reset, and new ones too for two seconds",
  runnerLives: true,
  silencesRunner: false,
  hostDies: false,
  restartsAll: false,
  async strike({ site, transaction }) {
    site.network.refuse();
    site.network.cut();
    await transaction.letGo();
    await sleep(2000);
    site.network.welcome();
  },
};

const connectionStalled: Fault = {
  name: "connection stalled",
  text: `no byte passes for ${SILENCE / 1000} s, without a word; then what was held back arrives`,
  runnerLives: true,
  silencesRunner: false,
  hostDies: false,
  restartsAll: false,
  async strike({ site, transaction }) {
    site.network.stall();
    await transaction.letGo();
    await sleep(SILENCE);
    site.network.resume();
  },
};

/** The runner asks for three minutes before it gives up, and cannot know how it ended. */
export const networkGone: Fault = {
  name: "network gone",
  text: "no byte passes ever again",
  runnerLives: true,
  silencesRunner: true,
  hostDies: false,
  restartsAll: false,
  async strike({ site, transaction }) {
    site.network.stall();
    await transaction.letGo();
  },
};

const powerCut: Fault = {
  name: "power cut",
  text: "every process of the host is gone at once; it is switched on again",
  runnerLives: true,
  silencesRunner: false,
  hostDies: true,
  restartsAll: true,
  async strike({ site, transaction }) {
    await site.host.powerOff();
    await transaction.letGo();
    await site.host.start();
  },
};

export const faults = [
  runnerKilled,
  transactionKilled,
  connectionCut,
  connectionStalled,
  powerCut,
] as const;

/** Where it is the guard that works: the transaction is dead already. */
export const faultsOfGuard = [
  runnerKilled,
  guardKilled,
  connectionCut,
  connectionStalled,
  powerCut,
] as const;

/** The same, while the step's work is being done: systemd and Podman are at it, too. */
function midStep(fault: Fault): Fault {
  return {
    ...fault,
    name: `${fault.name}, mid-step`,
    text: `${fault.text}, ${MIDDLE / 1000} s after the step has begun its work`,
    midStep: true,
    async strike(scene) {
      await scene.transaction.letGo();
      await sleep(MIDDLE);
      await fault.strike(scene);
    },
  };
}

/** Milliseconds: less than what any of these steps takes. */
const MIDDLE = 150;

export const faultsMidStep = [midStep(transactionKilled), midStep(powerCut)] as const;

export const faultsOfGuardMidStep = [midStep(guardKilled), midStep(powerCut)] as const;

/** As the kernel's out-of-memory killer does it: systemd sees the service fail. */
export async function killMain(site: Site, unit: string): Promise<void> {
  await site.systemctl(`kill --signal=KILL --kill-whom=main ${unit}`);
}
