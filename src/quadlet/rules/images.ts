import { sectionOf } from "../kinds.js";
import { partsOf } from "../services.js";
import { lastValue } from "../unit-file.js";
import { entriesOf, type Found, type Rule } from "./finding.js";

const images = (key: string, section: string, kind: string) =>
  key === "Image" &&
  (kind === "container" || kind === "image") &&
  /^(Container|Image)$/.test(section);

const noImage: Rule = {
  id: "no-image",
  severity: "error",
  find: ({ files, services }) =>
    services.flatMap((service): Found[] => {
      const needs = {
        container: ["Image", "Rootfs"],
        image: ["Image"],
        kube: ["Yaml"],
        artifact: ["Artifact"],
      }[service.kind as string];
      const mine = partsOf(service, files);
      const unit = mine.find((file) => !file.dropIn);
      if (needs === undefined || unit === undefined || service.instanceOf) return [];
      const section = sectionOf(service.kind);
      const has = mine.some((file) => needs.some((key) => lastValue(file.unit, section, key)));
      return has
        ? []
        : [
            {
              file: unit,
              message: `[${section}] has no ${needs.map((key) => `${key}=`).join(" and no ")}`,
              remedy: "Podman needs to know what to run.",
            },
          ];
    }),
};

const shortName: Rule = {
  id: "short-image-name",
  severity: "warning",
  find: (checked) =>
    [...entriesOf(checked, ({ key, section }, kind) => images(key, section, kind))].flatMap(
      ({ file, entry }): Found[] => {
        const [first = "", rest] = entry.value.split("/", 2);
        if (/[$%]/.test(first) || /\.(image|build)$/.test(entry.value)) return [];
        const registry = rest !== undefined && (/[.:]/.test(first) || first === "localhost");
        if (
          registry ||
          entry.value === "" ||
          /^[a-z-]+:/.test(entry.value.replace(/:[^/]*$/, ""))
        ) {
          return [];
        }
        if (/^(sha256:)?[0-9a-f]{64}$/.test(entry.value)) return [];
        return [
          {
            file,
            entry,
            message: `${entry.value} names no registry: which one is asked depends on the host's registries.conf`,
            remedy: `Write it whole, such as docker.io/${rest === undefined ? "library/" : ""}${entry.value}.`,
          },
        ];
      },
    ),
};

const latest: Rule = {
  id: "latest-with-rollback",
  severity: "warning",
  find: (checked) =>
    !checked.rollback
      ? []
      : [...entriesOf(checked, ({ key, section }, kind) => images(key, section, kind))].flatMap(
          ({ file, entry }): Found[] => {
            const { value } = entry;
            if (/[$%]/.test(value.slice(value.lastIndexOf("/") + 1))) return [];
            if (value === "" || value.includes("@") || /\.(image|build)$/.test(value)) return [];
            if (value.startsWith("localhost/") || !/[/.]/.test(value)) return [];
            const tag = /:([^/:]+)$/.exec(value)?.[1];
            return tag === undefined || tag === "latest"
              ? [
                  {
                    file,
                    entry,
                    message: `${value} is whatever is newest, so that nobody can say which version runs`,
                    remedy: "Name a tag or a digest that stays.",
                  },
                ]
              : [];
          },
        ),
};

export const imageRules: readonly Rule[] = [noImage, shortName, latest];
