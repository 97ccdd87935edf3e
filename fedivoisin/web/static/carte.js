// Maps as an extra: every page works as a list or a form without this file.
// Frames are <div class="plan" hidden data-latitude data-longitude data-zoom>; see points_map and place_map
// in templates/_components.html. Colours come from style.css; tiles are asked for only where data-tiles is set.
(function () {
  "use strict";

  const RADIUS = 500; // metres: a round of about one kilometre across
  const COUNT_SIDE = 36; // pixels of a count's plate

  function open(frame) {
    frame.hidden = false;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(frame, {
      zoomControl: false,
      attributionControl: Boolean(frame.dataset.tiles),
      scrollWheelZoom: false,
      zoomAnimation: !calm,
      fadeAnimation: false,
      markerZoomAnimation: !calm,
      inertia: !calm,
      maxZoom: 17,
      minZoom: 5,
    });
    L.control.zoom({ zoomInTitle: frame.dataset.nearer, zoomOutTitle: frame.dataset.farther }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    if (frame.dataset.tiles) {
      map.attributionControl.setPrefix(false);
      L.tileLayer(frame.dataset.tiles, { attribution: escaped(frame.dataset.attribution || "") }).addTo(map);
    }
    map.setView([Number(frame.dataset.latitude), Number(frame.dataset.longitude)], Number(frame.dataset.zoom));
    return map;
  }

  // Without tiles the frame would be blank: the names of known towns say where one is.
  function nameTowns(frame, map) {
    JSON.parse(frame.dataset.landmarks || "[]").forEach(function (town) {
      const words = document.createElement("span");
      words.textContent = town[0];
      const icon = L.divIcon({ className: "repere", html: words, iconSize: null });
      L.marker([town[1], town[2]], { icon: icon, interactive: false, keyboard: false }).addTo(map);
    });
  }

  // What people type: 47,23 as well as 47.23.
  function degrees(input) {
    return Number(input.value.replace(",", "."));
  }

  // Leaflet takes the attribution as HTML; a setting is text.
  function escaped(text) {
    const holder = document.createElement("span");
    holder.textContent = text;
    return holder.innerHTML;
  }

  function round(place, className) {
    return L.circle(place, { radius: RADIUS, className: className, interactive: false });
  }

  function countPlate(point, place) {
    const words = document.createElement("span");
    words.textContent = String(point.count);
    const icon = L.divIcon({ className: "compte-rond", html: words, iconSize: [COUNT_SIDE, COUNT_SIDE] });
    const marker = L.marker(place, { icon: icon, keyboard: true });
    marker.on("add", function () {
      marker.getElement().setAttribute("aria-label", point.words);
    });
    const link = document.createElement("a");
    link.href = point.url;
    link.textContent = point.words;
    marker.on("popupopen", function () {
      link.focus();
    });
    return marker.bindPopup(link, { closeButton: false });
  }

  function showPoints(frame) {
    const points = JSON.parse(document.getElementById(frame.dataset.points).textContent);
    const map = open(frame);
    const rounds = points.map(function (point) {
      const place = [point.latitude, point.longitude];
      countPlate(point, place).addTo(map);
      return round(place, "rond").addTo(map);
    });
    if (rounds.length > 0) {
      map.fitBounds(L.featureGroup(rounds).getBounds().pad(0.1), { maxZoom: 14, animate: false });
    }
  }

  function choosePlace(frame) {
    const latitude = document.getElementById(frame.dataset.latitudeInput);
    const longitude = document.getElementById(frame.dataset.longitudeInput);
    const tools = frame.nextElementSibling;
    const map = open(frame);
    nameTowns(frame, map);
    let chosen = null;

    function draw(place) {
      if (chosen) {
        chosen.remove();
      }
      chosen = round(place, "rond choisi").addTo(map);
    }

    function choose(place) {
      // The server blurs the point again; four digits are ten metres, more would only pretend.
      latitude.value = place.lat.toFixed(4);
      longitude.value = place.lng.toFixed(4);
      draw(place);
      tools.querySelector("[role=status]").textContent = frame.dataset.chosen;
    }

    if (latitude.value && longitude.value) {
      const place = L.latLng(degrees(latitude) || 0, degrees(longitude) || 0);
      map.setView(place, Number(frame.dataset.zoom));
      draw(place);
    }
    map.on("click", function (event) {
      choose(event.latlng.wrap());
    });
    // For the keyboard: arrows move the map, the button takes its middle.
    tools.hidden = false;
    tools.querySelector("button").addEventListener("click", function () {
      choose(map.getCenter().wrap());
    });
  }

  document.querySelectorAll(".plan[data-points]").forEach(showPoints);
  document.querySelectorAll(".plan[data-latitude-input]").forEach(choosePlace);
})();
