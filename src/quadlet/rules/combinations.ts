import { isPlain, type Kind, sectionOf } from "../kinds.js";
import { partsOf } from "../services.js";
import { lastValue, type UnitFile, valuesOf } from "../unit-file.js";
import type { Checked, Found, Rule } from "./finding.js";
import { unitOf } from "./names.js";

/** A unit of Quadlet's with its drop-ins, as it takes them together. */
function* units({ files, services }: Checked) {
  for (const service of services) {
    // Its template has been told of already.
    if (service.instanceOf !== undefined || isPlain(service.kind)) continue;
    const { kind } = service;
    const parts = partsOf(service, files);
    const unit: UnitFile = { entries: parts.flatMap((file) => file.unit.entries) };
    const value = (key: string) => lastValue(unit, sectionOf(kind), key);
    yield { service, kind, file: unitOf(files, service), unit, value };
  }
}

const groupWithoutUser: Rule = {
  id: "group-without-user",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ service, file, value }): Found[] =>
      service.kind === "container" && value("Group") && !value("User")
        ? [
            {
              file,
              message: "Group= counts together with User= alone",
              remedy: "Add User=, or take Group= away.",
            },
          ]
        : [],
    ),
};

const buildContext: Rule = {
  id: "build-context",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ service, file, unit, value }): Found[] => {
      if (service.kind !== "build") return [];
      const refuse = (message: string, remedy: string) => [{ file, message, remedy }];
      if (valuesOf(unit, "Build", "ImageTag").length === 0) {
        return refuse(
          "[Build] has no ImageTag=",
          "Name the image that it makes, as localhost/NAME:TAG.",
        );
      }
      const directory = value("SetWorkingDirectory");
      const containerfile = value("File");
      if (containerfile === undefined && directory === undefined) {
        return refuse(
          "[Build] has no File= and no SetWorkingDirectory=",
          "Podman needs to know what to build.",
        );
      }
      if (directory?.toLowerCase() === "file" && containerfile === undefined) {
        return refuse("SetWorkingDirectory=file needs a File=", "Name the Containerfile.");
      }
      if (directory?.toLowerCase() === "file" && isInFolder(containerfile ?? "")) {
        return refuse(
          "SetWorkingDirectory=file changes into the folder of File=, from where podman does not find it",
          "Write SetWorkingDirectory=./FOLDER, and File=./FOLDER/Containerfile if it has another name.",
        );
      }
      const relative = containerfile !== undefined && !/^([/%]|https?:)/.test(containerfile);
      return relative && directory === undefined
        ? refuse(
            "File= is relative, and nothing says to what",
            "Add SetWorkingDirectory=unit, or write the whole path.",
          )
        : [];
    }),
};

/** Whether a relative path has a folder in it. */
function isInFolder(path: string): boolean {
  return !/^([/%]|\.\.\/|\w+:)/.test(path) && path.replace(/^\.\//, "").includes("/");
}

/** Of two keys that exclude each other, Quadlet takes none: it refuses the unit. */
const exclusive: Readonly<Partial<Record<Kind, readonly (readonly [string, string])[]>>> = {
  container: [
    ["Image", "Rootfs"],
    ["ReloadCmd", "ReloadSignal"],
  ],
};

const exclusiveKeys: Rule = {
  id: "exclusive-keys",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ kind, file, value }): Found[] =>
      (exclusive[kind] ?? [])
        .filter(([one, other]) => value(one) && value(other))
        .map(([one, other]) => ({
          file,
          message: `${one}= and ${other}= exclude each other`,
          remedy: "Take one of them away.",
        })),
    ),
};

const networkAddresses: Rule = {
  id: "network-without-subnet",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ service, file, unit }): Found[] => {
      if (service.kind !== "network") return [];
      const count = (key: string) => valuesOf(unit, "Network", key).length;
      return ["Gateway", "IPRange"]
        .filter((key) => count(key) > count("Subnet"))
        .map((key) => ({
          file,
          message: `[Network] has more ${key}= than Subnet=`,
          remedy: `Each ${key}= needs the Subnet= that it is part of.`,
        }));
    }),
};

const volumeDevice: Rule = {
  id: "volume-without-device",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ service, file, value }): Found[] => {
      if (service.kind !== "volume") return [];
      if (value("Driver") === "image") {
        return value("Image")
          ? []
          : [{ file, message: "Driver=image needs an Image=", remedy: "Name the image." }];
      }
      return ["Type", "Options"]
        .filter((key) => value(key) && !value("Device"))
        .map((key) => ({
          file,
          message: `${key}= counts together with Device= alone`,
          remedy: `Name the device (Device=tmpfs for Type=tmpfs), or take ${key}= away.`,
        }));
    }),
};

/** Quadlet refuses what would leave a container behind; `podman` itself ends in time. */
const killMode: Rule = {
  id: "kill-mode",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ service, file, unit }): Found[] => {
      if (service.kind !== "container" && service.kind !== "kube") return [];
      const mode = lastValue(unit, "Service", "KillMode");
      return mode === undefined || mode === "mixed" || mode === "control-group"
        ? []
        : [
            {
              file,
              message: `Quadlet takes no KillMode=${mode}`,
              remedy: "Leave it out (it is mixed), or write control-group.",
            },
          ];
    }),
};

/** systemd refuses the service that Quadlet makes: Quadlet's own ExecStart= would be the second. */
const secondStart: Rule = {
  id: "exec-start",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ service, file, unit }): Found[] => {
      const type = lastValue(unit, "Service", "Type");
      const mayRepeat = type === "oneshot" || (type === undefined && !service.longRunning);
      return mayRepeat || valuesOf(unit, "Service", "ExecStart").length === 0
        ? []
        : [
            {
              file,
              message: "[Service] ExecStart= would be the second one beside Quadlet's own",
              remedy: "Exec= in [Container] says what runs; ExecStartPre= runs something before.",
            },
          ];
    }),
};

const oneshotRestart: Rule = {
  id: "oneshot-restart",
  severity: "error",
  find: (checked) =>
    [...units(checked)].flatMap(({ service, file, unit }): Found[] => {
      const type = lastValue(unit, "Service", "Type") ?? (service.longRunning ? "" : "oneshot");
      const restart = lastValue(unit, "Service", "Restart") ?? "";
      return type === "oneshot" && /^(always|on-success)$/.test(restart)
        ? [
            {
              file,
              message: `systemd refuses Restart=${restart} of a service that is Type=oneshot`,
              remedy: "Write Restart=on-failure, or leave Type= out.",
            },
          ]
        : [];
    }),
};

const serviceUser: Rule = {
  id: "service-user",
  severity: "warning",
  find: (checked) =>
    [...units(checked)].flatMap(({ file, unit }): Found[] =>
      ["User", "DynamicUser"]
        .filter((key) => lastValue(unit, "Service", key) !== undefined)
        .map((key) => ({
          file,
          message: `[Service] ${key}= runs podman itself as somebody else, which Quadlet does not support`,
          remedy:
            "User= in [Container] says who runs inside; rootless units are deployed as their owner.",
        })),
    ),
};

export const combinationRules: readonly Rule[] = [
  groupWithoutUser,
  buildContext,
  exclusiveKeys,
  networkAddresses,
  volumeDevice,
  killMode,
  secondStart,
  oneshotRestart,
  serviceUser,
];
