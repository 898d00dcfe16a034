// What the page does beyond htmx: the enrolment code leaves the address for the form, and parts are renewed while
// somebody looks at them.
"use strict";
(() => {
  const code = document.getElementById("code");
  if (code && location.hash.length > 1) {
    code.value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
    document.getElementById("enrol").focus();
  }
  const renew = () => {
    if (!document.hidden && document.body.dataset.renews === "yes") {
      htmx.trigger(document.body, "renew");
    }
  };
  setInterval(renew, 60000);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-renew]")) renew();
  });
})();
