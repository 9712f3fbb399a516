// The browser makes or asks for a passkey, and the form carries its answer. Without this the forms stay hidden: there
// is always a password, a code or a provider beside them. Needs allauth's webauthn-json.js before it.
const { webauthnJSON } = window;

const ceremonies = {
  create: async (form) => {
    const options = optionsOf(form).creation_options;
    options.publicKey.authenticatorSelection = {
      ...options.publicKey.authenticatorSelection,
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    };
    return webauthnJSON.create(options);
  },
  get: async (form) => webauthnJSON.get(optionsOf(form).request_options),
  login: async (form) => {
    const response = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`no passkey options: ${response.status}`);
    return webauthnJSON.get((await response.json()).request_options);
  },
};

function optionsOf(form) {
  return JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent);
}

const usable = Boolean(webauthnJSON?.supported() && window.isSecureContext);
for (const missing of document.querySelectorAll("[data-passkey-missing]")) missing.hidden = usable;
for (const form of document.querySelectorAll("[data-passkey]")) {
  form.hidden = !usable;
  const problem = form.querySelector("[data-passkey-problem]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(await ceremonies[form.dataset.passkey](form));
      form.submit();
    } catch {
      problem.hidden = false;
    }
  });
}
