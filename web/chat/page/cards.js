// Cards, drawn by Microsoft's renderer in the page's own colours (light and dark by CSS variables).

const markdown = globalThis.markdownit({ html: false, linkify: false });
const { AdaptiveCard, ExecuteAction, HostConfig, OpenUrlAction } = globalThis.AdaptiveCards;

// The renderer knows pixels only: they grow with the letters that the reader has set.
const LETTER = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
const sizes = (known) => Object.fromEntries(Object.entries(known).map(([name, px]) => [name, px * LETTER]));

const colour = (name) => ({ default: `var(--${name})`, subtle: `var(--${name})` });

const FOREGROUND = {
  default: { default: "var(--text)", subtle: "var(--muted)" },
  dark: colour("text"),
  light: colour("muted"),
  accent: colour("accent"),
  good: colour("good"),
  warning: colour("warn"),
  attention: colour("bad"),
};

const ground = (name) => ({
  backgroundColor: `var(--${name})`,
  borderColor: "var(--line)",
  foregroundColors: FOREGROUND,
});

const hostConfig = new HostConfig({
  fontFamily: "var(--font)",
  supportsInteractivity: true,
  spacing: { small: 6, default: 10, medium: 14, large: 20, extraLarge: 28, padding: 14 },
  separator: { lineThickness: 1, lineColor: "var(--line)" },
  fontTypes: {
    default: {
      fontFamily: "var(--font)",
      fontSizes: sizes({ small: 12, default: 14, medium: 15, large: 17, extraLarge: 21 }),
      fontWeights: { lighter: 300, default: 400, bolder: 600 },
    },
    monospace: {
      fontFamily: "var(--mono)",
      fontSizes: sizes({ small: 12, default: 13, medium: 14, large: 16, extraLarge: 20 }),
      fontWeights: { lighter: 300, default: 400, bolder: 600 },
    },
  },
  textStyles: { heading: { size: "default", weight: "bolder", color: "default", isSubtle: false } },
  containerStyles: {
    default: ground("surface"),
    emphasis: ground("sunken"),
    good: ground("good-ground"),
    warning: ground("warn-ground"),
    attention: ground("bad-ground"),
    accent: ground("accent-ground"),
  },
  actions: {
    maxActions: 6,
    spacing: "default",
    buttonSpacing: 8,
    actionsOrientation: "horizontal",
    actionAlignment: "left",
    showCard: { actionMode: "inline", inlineTopMargin: 8 },
  },
  adaptiveCard: { allowCustomStyle: false },
  factSet: {
    title: { color: "default", size: "default", isSubtle: true, weight: "default", wrap: true, maxWidth: 150 },
    value: { color: "default", size: "default", isSubtle: false, weight: "default", wrap: true },
    spacing: 12,
  },
  inputs: {
    label: {
      inputSpacing: "small",
      requiredInputs: { weight: "bolder", color: "default", suffix: " *", suffixColor: "attention" },
      optionalInputs: { weight: "bolder", color: "default" },
    },
    errorMessage: { color: "attention", size: "small", spacing: "small", weight: "default" },
  },
});

AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown.render(text);
  result.didProcess = true;
};

/** What a person has done to a card that its next version must not take away. */
function touched(shown) {
  const values = Object.fromEntries(shown.card.getAllInputs().map((input) => [input.id, input.value]));
  const opened = {};
  for (const [id, was] of Object.entries(shown.visible)) {
    const now = shown.card.getElementById(id)?.isVisible;
    if (now !== undefined && now !== was) opened[id] = now;
  }
  const active = document.activeElement;
  const focused = shown.card.getAllInputs().find((input) => input.renderedElement?.contains(active));
  return { values, opened, focused: focused?.id, caret: active?.selectionStart };
}

function walk(node, visit) {
  if (!node || typeof node !== "object") return;
  if (!Array.isArray(node)) visit(node);
  Object.values(node).forEach((child) => walk(child, visit));
}

/** Draw `json` into `host`; with `before`, keep what was typed and which sections were opened. */
export function draw(host, json, { onPress, before, keepsInputs }) {
  const kept = before ? touched(before) : { values: {}, opened: {} };
  const copy = structuredClone(json);
  const visible = {};
  const sections = [];
  walk(copy, (node) => {
    if (node.selectAction?.type === "Action.ToggleVisibility") sections.push([node.id, node.selectAction.targetElements]);
    if (!node.id) return;
    if (!node.type?.startsWith("Input.")) visible[node.id] = node.isVisible ?? true;
    if (keepsInputs && kept.values[node.id]) node.value = kept.values[node.id];
    if (node.id in kept.opened) node.isVisible = kept.opened[node.id];
  });
  const card = new AdaptiveCard();
  card.hostConfig = hostConfig;
  card.onExecuteAction = (action) => execute(action, onPress);
  card.parse(copy);
  host.replaceChildren(card.render());
  card.onElementVisibilityChanged = () => queueMicrotask(() => tellStates(card, sections));
  tellStates(card, sections);
  return { card, visible, refocus: () => refocus(card, kept) };
}

/** Whether details are shown is said of the title that opens them; the renderer says it of all it shows. */
function tellStates(card, sections) {
  for (const [head, targets] of sections) {
    const title = card.getElementById(head)?.renderedElement;
    title?.setAttribute("aria-expanded", String(card.getElementById(targets[0]).isVisible));
    targets.forEach((id) => card.getElementById(id).renderedElement?.removeAttribute("aria-expanded"));
  }
}

/** Once the card stands in the page: the cursor goes back to where somebody was typing. */
function refocus(card, { focused, caret }) {
  if (!focused) return;
  card.getElementById(focused)?.focus();
  const active = document.activeElement;
  if (active?.setSelectionRange && caret != null) active.setSelectionRange(caret, caret);
}

function execute(action, onPress) {
  if (action instanceof OpenUrlAction) {
    const url = new URL(action.url, location.href);
    if (["http:", "https:"].includes(url.protocol)) open(url, "_blank", "noopener");
    return;
  }
  if (action instanceof ExecuteAction) onPress(action.verb, action.data ?? {}, action.title);
}
