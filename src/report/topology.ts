import type { Service } from "../quadlet/services.js";
import { fence } from "./markdown.js";

export type Colour = "up" | "down" | "kept" | "start" | "restart" | "stop" | "unknown";

const styles: Readonly<Record<Colour, string>> = {
  up: "fill:#1a7f37,color:#fff,stroke:#116329",
  start: "fill:#1a7f37,color:#fff,stroke:#116329",
  restart: "fill:#bf8700,color:#fff,stroke:#9a6700",
  down: "fill:#cf222e,color:#fff,stroke:#a40e26",
  stop: "fill:#cf222e,color:#fff,stroke:#a40e26",
  kept: "fill:#ddf4ff,color:#0a3069,stroke:#54aeff",
  unknown: "fill:#eaeef2,color:#24292f,stroke:#8c959f",
};

/** More boxes than this are no picture that helps. */
const limit = 40;

/**
 * The services and what each requires, as a Mermaid diagram, which GitHub draws; published ports
 * point in from outside. Networks and the like that stay as they are would only hide the rest.
 */
export function topology(
  services: readonly Service[],
  colourOf: (name: string) => Colour,
): readonly string[] {
  const shown = services.filter(
    (service) => service.startable && (service.longRunning || colourOf(service.name) !== "kept"),
  );
  if (shown.length < 2 || shown.length > limit) return [];
  const ids = new Map(shown.map(({ name }, index) => [name, `s${index}`]));
  const id = (name: string) => ids.get(name) ?? "";
  const edges = shown.flatMap((service) =>
    service.requires
      .filter((one) => ids.has(one))
      .map((one) => `  ${id(service.name)} --> ${id(one)}`),
  );
  const ports = shown.flatMap((service) =>
    service.ports.map(
      (port, index) =>
        `  p${id(service.name)}${index}(["${port.port}/tcp"]) -.-> ${id(service.name)}`,
    ),
  );
  const used = new Set(shown.map(({ name }) => colourOf(name)));
  const diagram = [
    "flowchart LR",
    ...shown.map((service) => {
      const [open, close] = shapes[service.kind] ?? shapes.other;
      return `  ${id(service.name)}${open}"${label(service.name)}"${close}:::${colourOf(service.name)}`;
    }),
    ...edges,
    ...ports,
    ...[...used].map((colour) => `  classDef ${colour} ${styles[colour]}`),
  ].join("\n");
  return [fence(diagram, "mermaid")];
}

const shapes: Readonly<Record<string, readonly [string, string]>> & {
  readonly other: readonly [string, string];
} = {
  volume: ["[(", ")]"],
  network: ["{{", "}}"],
  other: ["[", "]"],
};

/** A label in quotes, in which Mermaid takes entities. */
function label(name: string): string {
  return name.replace(/[^A-Za-z0-9_.@:-]/g, (character) => `#${character.codePointAt(0)};`);
}
