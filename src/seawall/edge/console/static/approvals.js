// Passkeys: one is made, or votes, over a challenge of the server; what comes of it is sent as a form of this page.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const trouble = document.getElementById("trouble");
  const say = (words) => {
    trouble.textContent = words;
    trouble.hidden = !words;
  };
  const send = async (path, fields) => {
    const body = new URLSearchParams({ ...fields, form_token: document.body.dataset.formToken });
    const answer = await fetch(path, { method: "POST", body });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.trouble);
    return said;
  };
  const known = (ids) => ids.map((id) => ({ type: "public-key", id: bytes(id) }));

  const vote = async (path, choice) => {
    const begun = await send(`${path}/challenge`, { vote: choice });
    if (!begun.passkeys.length) throw new Error("You have no passkey for this host that counts. Make one first.");
    const made = await navigator.credentials.get({
      publicKey: {
        challenge: bytes(begun.passkey_challenge),
        rpId: begun.rp_id,
        allowCredentials: known(begun.passkeys),
        userVerification: "required",
      },
    });
    await send(`${path}/vote`, {
      vote: choice,
      challenge: begun.challenge,
      key: text(made.rawId),
      proof: text(made.response.signature),
      authenticator_data: text(made.response.authenticatorData),
      client_data: text(made.response.clientDataJSON),
    });
    location.reload();
  };

  const offer = async (name) => {
    const begun = await send("/approvers/challenge", {});
    const made = await navigator.credentials.create({
      publicKey: {
        challenge: bytes(begun.passkey_challenge),
        rp: { id: begun.rp_id, name: "Seawall" },
        user: { id: bytes(begun.user_id), name: begun.user_name, displayName: begun.user_name },
        pubKeyCredParams: [
          { type: "public-key", alg: -8 },
          { type: "public-key", alg: -7 },
        ],
        excludeCredentials: known(begun.known),
        authenticatorSelection: { userVerification: "required" },
        attestation: "none",
      },
    });
    const said = await send("/approvers/offer", {
      name,
      challenge: begun.challenge,
      client_data: text(made.response.clientDataJSON),
      attestation: text(made.response.attestationObject),
    });
    location.assign(said.approval ? `/approvals/${said.approval}` : "/approvers");
  };

  const act = (work) => {
    say("");
    work().catch((error) => say(error.message));
  };
  for (const button of document.querySelectorAll("[data-vote]")) {
    button.addEventListener("click", () => act(() => vote(location.pathname, button.dataset.vote)));
  }
  const maker = document.getElementById("make-passkey");
  if (maker) {
    maker.addEventListener("submit", (event) => {
      event.preventDefault();
      act(() => offer(document.getElementById("passkey-name").value));
    });
  }
})();
