from tests.edge.test_streams import *
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_mixed(site, codec, tmp_path):
    small, large = Recording(codec, 640, 360), Recording(codec, 704, 576)
    site.serve(main=record_change(small, large, tmp_path / "changing.ts"))
    watched = site.watch("main", cooldown_s=3)
    import time; time.sleep(3); n=len(watched.told)
    f=watched.event(n)
    c=watched.clip(f.event.id)
    print(codec, [ (k) for k in played(c)])
