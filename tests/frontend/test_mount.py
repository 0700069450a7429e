"""What all components have in common."""


def test_a_call_that_the_next_one_overtakes_does_not_end_the_view(frontend):
    """Streamlit calls a component anew for each change of data. If two come close together, it ends the first call at once."""
    said = frontend.run(
        """async () => {
          const { mount } = await bridge.load("mount.js");
          const log = [];
          class View {
            element = document.createElement("p");
            update(data) { log.push(data); }
            resize() {}
            stop() { log.push("stop"); }
          }
          const call = mount(View);
          const host = document.createElement("div");
          document.body.append(host);
          const parentElement = host.attachShadow({ mode: "open" });
          const endFirst = call({ parentElement, data: [1] });
          const endSecond = call({ parentElement, data: [2] });
          endFirst();
          call({ parentElement, data: [3] });
          const there = parentElement.childElementCount;
          host.remove();
          endSecond();
          return { log, there };
        }"""
    )
    assert said == {"log": [1, 2, 3, "stop"], "there": 1}
