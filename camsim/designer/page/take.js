// The dialogs: what can be taken away, and the history.

import {el} from "./dom.js";

const KINDS = {
  "picture.png": ["Picture", "PNG, 8 bits, lossless"], "picture-16bit.png": ["Picture, 16 bits", "PNG"],
  "sheet.png": ["Sheet", "every stage on one page"], "stages.npz": ["Stages", "NumPy arrays: irradiance, electrons, volts …"],
  "camera.toml": ["Camera", "a file for every command"], "scene.png": ["Scene", "what the camera looks at"],
};

const head = (dialog, id, text) => el("header", {}, el("h2", {id}, text), el("button", {class: "icon", "aria-label": "Close", onclick: () => dialog.close()}, "×"));

function copied(button, text) {
  navigator.clipboard.writeText(text).then(() => { button.textContent = "Copied"; setTimeout(() => { button.textContent = "Copy"; }, 1500); }, () => { button.textContent = "Not allowed"; });
}

const line = (name, text) => {
  const button = el("button", {class: "quiet", "aria-label": `Copy: ${name}`, onclick: () => copied(button, text)}, "Copy");
  return el("div", {class: "command"}, el("h3", {}, name), el("code", {tabindex: 0}, text), button);
};

/** What there is to take away. */
export function takeAway({title, kinds, camera, link, commands, take}) {
  const dialog = document.querySelector("#take-dialog");
  const said = el("p", {class: "said", role: "status"});
  const fetchOne = async (kind, button) => {
    button.disabled = true;
    said.textContent = "Rendered whole and exact …";
    try {
      const blob = await take(kind), address = URL.createObjectURL(blob), name = kind === "camera.toml" ? `${camera}.toml` : kind;
      el("a", {href: address, download: name}).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      said.textContent = `${name} is in your downloads.`;
    } catch (error) { said.textContent = error.message; }
    button.disabled = false;
  };
  dialog.replaceChildren(head(dialog, "take-title", title),
    el("div", {class: "takes"}, kinds.map(kind => {
      const [name, about] = KINDS[kind] ?? [kind, ""];
      const button = el("button", {"data-kind": kind, onclick: () => fetchOne(kind, button)}, el("b", {}, name), el("span", {}, about));
      return button;
    })), said,
    line("A link to all of this", link),
    el("div", {id: "commands"}, commands ? commands.map(({name, text}) => line(`At the command line: ${name}`, text)) : el("p", {class: "quiet-words"}, "…")));
  if (!dialog.open) dialog.showModal();
}

export function history(store) {
  const dialog = document.querySelector("#history-dialog");
  const steps = store.past.map(({label}, index) => ({label, index})).reverse();
  dialog.replaceChildren(head(dialog, "history-title", "History"),
    steps.length ? el("ol", {class: "steps"}, el("li", {"aria-current": "step"}, el("span", {}, "now")), steps.map(({label, index}) => el("li", {}, el("button", {class: "quiet", onclick: () => { store.back(index); dialog.close(); }}, `before: ${label}`))))
      : el("p", {class: "quiet-words"}, "Nothing has been changed yet."));
  dialog.showModal();
}
