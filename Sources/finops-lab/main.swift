print("finops-lab")
