"""Makes the files of this folder: small models of scikit-learn, LightGBM and XGBoost, as ONNX (skl2onnx, onnxmltools)
and as PMML (sklearn2pmml, which is JPMML), and beside each what its own library predicts on some rows.

    pip install scikit-learn==1.9.0 skl2onnx onnxmltools onnxruntime lightgbm xgboost-cpu sklearn2pmml   # and Java
    python make.py

Data are drawn by seed here; nothing of them is from anywhere else. Rows hold numbers that single precision holds, as
ONNX computes in it.
"""
import json
import os

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(20261129)
n = 400
X = np.column_stack([
    rng.integers(0, 400, n),
    rng.poisson(4, n),
    np.round(np.exp(rng.normal(5, 1, n)), 1),
]).astype(np.float32).astype(np.float64)
names = ["recency", "orders", "monetary"]
score = 1.5 - 0.01 * X[:, 0] + 0.3 * X[:, 1] + 0.001 * X[:, 2] + rng.normal(0, 1, n)
y = (score > np.median(score)).astype(int)
money = 20 + 3 * X[:, 1] + 0.1 * X[:, 2] - 0.02 * X[:, 0] + rng.normal(0, 5, n)
rows = X[:40]

models = {
    "linear": (LinearRegression(), money),
    "scaled_logistic": (make_pipeline(StandardScaler(), LogisticRegression()), y),
    "tree": (DecisionTreeRegressor(max_depth=4, random_state=0), money),
    "tree_classes": (DecisionTreeClassifier(max_depth=4, random_state=0), y),
    "forest": (RandomForestRegressor(n_estimators=5, max_depth=4, random_state=0), money),
    "forest_classes": (RandomForestClassifier(n_estimators=5, max_depth=4, random_state=0), y),
    "boosted": (GradientBoostingRegressor(n_estimators=8, max_depth=3, random_state=0), money),
    "boosted_classes": (GradientBoostingClassifier(n_estimators=8, max_depth=3, random_state=0), y),
}

expected = {"rows": rows.tolist(), "names": names, "models": {}}


def predicted(model, is_class, data=rows):
    return (model.predict_proba(data)[:, 1] if is_class else model.predict(data)).astype(float).ravel().tolist()


def onnx_of(model):
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType
    options = {"zipmap": False} if hasattr(model, "predict_proba") else None
    return to_onnx(model, initial_types=[("X", FloatTensorType([None, 3]))], options=options and {id(model): options})


def runtime(data):
    import onnxruntime
    session = onnxruntime.InferenceSession(data)
    given = session.run(None, {session.get_inputs()[0].name: rows.astype(np.float32)})[-1]
    given = np.asarray(given)
    return (given[:, 1] if given.ndim == 2 and given.shape[1] == 2 else given.ravel()).astype(float).tolist()


def keep(name, own, data=None):
    entry = {"own": own}
    if data is not None:
        entry["onnxruntime"] = runtime(data)
        with open(os.path.join(here, name + ".onnx"), "wb") as file:
            file.write(data)
    expected["models"][name] = entry


for name, (model, target) in models.items():
    model.fit(X, target)
    keep(name, predicted(model, target is y), onnx_of(model).SerializeToString())

from lightgbm import LGBMClassifier
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from xgboost import XGBRegressor

light = LGBMClassifier(n_estimators=6, num_leaves=6, min_child_samples=10, verbose=-1).fit(X, y)
keep("lightgbm", predicted(light, True), convert_lightgbm(
    light, initial_types=[("X", FloatTensorType([None, 3]))], zipmap=False).SerializeToString())
boost = XGBRegressor(n_estimators=6, max_depth=3, random_state=0).fit(X, money)
keep("xgboost", predicted(boost, False), convert_xgboost(
    boost, initial_types=[("X", FloatTensorType([None, 3]))]).SerializeToString())

import pandas as pd
from sklearn2pmml import sklearn2pmml
from sklearn2pmml.pipeline import PMMLPipeline

frame = pd.DataFrame(X, columns=names)
for name, (model, target) in models.items():
    labelled = pd.Series(target, name="y")
    pipeline = PMMLPipeline([("model", model)])
    pipeline.fit(frame, labelled)
    sklearn2pmml(pipeline, os.path.join(here, name + ".pmml"), with_repr=False)
for name, model, target in [("lightgbm", light, y), ("xgboost", boost, money)]:
    pipeline = PMMLPipeline([("model", model)])
    pipeline.fit(frame, pd.Series(target, name="y"))
    sklearn2pmml(pipeline, os.path.join(here, name + ".pmml"), with_repr=False)

with open(os.path.join(here, "expected.json"), "w") as file:
    json.dump(expected, file, indent=1)
